/** A thread of a check: as bin.mjs, the sources in the repository, their built form in the package; model files are TypeScript in both. */
import { existsSync } from 'node:fs'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

const source = new URL('./check-worker.ts', import.meta.url)
registerCommonJs()
register()
await import('./quick-names.mjs')
await import(existsSync(source) ? source.href : new URL('../dist/cli/check-worker.js', import.meta.url).href)
