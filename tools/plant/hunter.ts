/** The process in which a mistake is planted and its failing run then shrunk, by worker threads that plant it too. Prints a `HuntResult`. Started by `hunt`. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { repository } from '../repository.js'
import type { HuntRange, Plant } from './plant.js'
import { type Subject, search } from './search.js'
import { shrinkPlant } from './shrink-plant.js'

const plant = JSON.parse(process.env.SEEDFALL_PLANT!) as Plant
const range = JSON.parse(process.env.SEEDFALL_HUNT!) as HuntRange

const subject = (await import(pathToFileURL(path.join(repository, plant.subject)).href)) as Subject
const loads = (globalThis as unknown as Record<symbol, Int32Array | undefined>)[Symbol.for('seedfall.plant.loads')]
if (!loads?.[0]) throw new Error(`${plant.subject} never loads ${path.relative(repository, plant.file)}: nothing was planted`)
const result = await search(plant, subject, range)
const shrunk = range.shrinkJobs === undefined || result.seed === null ? undefined : await shrinkPlant(plant.subject, result.seed, range.shrinkJobs)
process.stdout.write(`${JSON.stringify({ ...result, ...(shrunk === undefined ? {} : { shrunk }) })}\n`)
process.exit()
