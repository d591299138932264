/**
 * tsx compiles with esbuild's `keepNames`: every closure that is given a name then goes through `Object.defineProperty` when it is made, some 400 ns
 * each, in a simulation's hottest paths too. The text of functions is not minified, so their own names are right without that: this hook, to be
 * installed after tsx, makes the helper do nothing.
 */
import module from 'node:module'
import { withQuickNames } from './quick-names-hook.mjs'

if (typeof module.registerHooks === 'function') {
  module.registerHooks({ load: (url, context, nextLoad) => withQuickNames(nextLoad(url, context)) })
} else {
  module.register('./quick-names-hook.mjs', import.meta.url)
}
