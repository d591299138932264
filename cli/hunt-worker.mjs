/** The thread of a hunt: as bin.mjs, the sources in the repository, their built form in the package; scenario files are TypeScript in both. */
import { existsSync } from 'node:fs'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

const source = new URL('./hunt-worker.ts', import.meta.url)
registerCommonJs()
register()
await import('./quick-names.mjs')
await import(existsSync(source) ? source.href : new URL('../dist/cli/hunt-worker.js', import.meta.url).href)
