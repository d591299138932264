/** In the repository, with the built form running: files that name Seedfall's sources get the modules that run, instead of a second copy of them. */
import module from 'node:module'
import { toBuilt } from './built-names-hook.mjs'

if (typeof module.registerHooks === 'function') {
  module.registerHooks({ resolve: (specifier, context, nextResolve) => toBuilt(nextResolve(specifier, context)) })
} else {
  module.register('./built-names-hook.mjs', import.meta.url)
}
