/** The thread's way to its module: as bin.mjs, the sources or their built form. */
import { importOwn } from './own-form.mjs'

await importOwn('cli/hunt-worker')
