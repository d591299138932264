/** A worker of the shrinker: makes scenario files loadable as `bin.mjs` does, then tries what it is sent. */
import { existsSync } from 'node:fs'
import { register as registerCommonJs } from 'tsx/cjs/api'
import { register } from 'tsx/esm/api'

const source = new URL('./shrink-worker.ts', import.meta.url)
registerCommonJs()
register()
await import('./quick-names.mjs')
await import(existsSync(source) ? source.href : new URL('../dist/cli/shrink-worker.js', import.meta.url).href)
