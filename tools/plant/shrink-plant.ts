import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { WorkerTrier } from '../../cli/worker-trier.js'
import { catalogueOf } from '../../sim/faults/catalogue.js'
import { count } from '../../sim/report/numbers.js'
import { storyOf } from '../../sim/report/story.js'
import type { RunRequest } from '../../sim/run/report.js'
import { run } from '../../sim/run/run.js'
import { isScenario } from '../../sim/run/scenario.js'
import type { FailureShape } from '../../sim/run/shrink/failure-shape.js'
import { shrink } from '../../sim/run/shrink/shrink.js'
import { repository } from '../repository.js'
import type { HuntResult, ShrunkPlant } from './plant.js'

/** Shrinks the run of a subject under a seed; null when the subject is no run of a scenario of Seedfall's own. To be called where the mistake is planted. */
export async function shrinkPlant(subject: string, seed: string, jobs: number): Promise<ShrunkPlant | null> {
  const module = (await import(pathToFileURL(path.join(repository, subject)).href)) as { default?: unknown; requestOf?: (seed: string) => RunRequest }
  const request = isScenario(module.default) ? { scenario: module.default, seed } : module.requestOf?.(seed)
  if (request === undefined) return null
  const report = await run(request)
  const began = performance.now()
  const { name } = request.scenario
  const workers =
    jobs > 1
      ? {
          trier: (failure: FailureShape, signal: AbortSignal) =>
            new WorkerTrier({
              scenario: name,
              folder: repository,
              jobs,
              failure,
              signal,
              hangMillis: 60_000,
              heapMegabytes: 2_048,
              print: (text) => process.stderr.write(text),
            }),
        }
      : {}
  const shrunk = await shrink(request, report, {
    ...workers,
    onProgress: (progress) =>
      process.env.SEEDFALL_SHRINK_PROGRESS && process.stderr.write(`${((performance.now() - began) / 1e3).toFixed(1)} ${JSON.stringify(progress)}\n`),
  })
  const { before, after, runs, isMinimal } = shrunk
  return {
    injectionsBefore: before.injections,
    occurrencesBefore: before.occurrences,
    injections: after.injections,
    operations: after.operations,
    hosts: after.hosts,
    steps: after.steps,
    isMinimal,
    runs,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    story: storyOf(shrunk.report, catalogueOf(request.scenario)),
  }
}

/** A line of the table: plant, seed, check, and what shrinking made of its run. */
export function shrunkRow({ plant, seed, check, shrunk }: HuntResult): string {
  const head = `${plant.padEnd(40)} ${(seed ?? '-').padStart(7)}  ${(check ?? 'not found').padEnd(26)}`
  if (shrunk === undefined || shrunk === null) return `${head}  no run of a scenario\n`
  const { injectionsBefore, occurrencesBefore, injections, operations, hosts, steps, isMinimal, runs, seconds } = shrunk
  const numbers = [
    `${count(injectionsBefore)} (${count(occurrencesBefore)})`.padStart(14),
    `${count(injections).padStart(4)}${isMinimal ? ' 1-minimal' : ' unproved '}`,
    `${count(operations).padStart(6)} operations`,
    `${hosts} hosts`,
    `${count(steps).padStart(8)} steps`,
    `${count(runs).padStart(5)} runs`,
    `${seconds.toFixed(1).padStart(5)} s`,
  ]
  return `${head}  ${numbers.join('  ')}\n`
}
