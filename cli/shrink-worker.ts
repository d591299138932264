/** Tries recipes that a `WorkerTrier` sends, one at a time, and answers each. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Limits } from '../sim/run/report.js'
import type { FailureShape } from '../sim/run/shrink/failure-shape.js'
import { type Trial, type TrialRequest, tryRecipe } from '../sim/run/shrink/trial.js'
import { BadInput } from './bad-input.js'
import { loadScenario } from './load-scenario.js'
import { blame } from './scenario-fault.js'

/** What a worker is told when it starts. */
export interface ShrinkWork {
  /** One of Seedfall's own, or a file. */
  readonly scenario: string
  readonly folder: string
  readonly failure: FailureShape
  readonly limits?: Partial<Limits>
  /** A trial whose number is below this is to end: nobody waits for it any more. */
  readonly abandoned: SharedArrayBuffer
}

export interface ShrinkTask {
  readonly number: number
  readonly request: TrialRequest
}

export type ShrinkAnswer =
  /** It can be given something to try. */
  | 'ready'
  | { readonly number: number; readonly trial: Trial }
  /** Seedfall's own code threw. */
  | { readonly number: number; readonly defect: string }

const { scenario: name, folder, failure, limits, abandoned } = workerData as ShrinkWork
const below = new Int32Array(abandoned)
const port = parentPort as NonNullable<typeof parentPort>
const { scenario, file } = await loadScenario(name, folder)

port.on('message', async ({ number, request }: ShrinkTask) => {
  port.postMessage(await answer(number, request))
})

port.postMessage('ready' satisfies ShrinkAnswer)

async function answer(number: number, request: TrialRequest): Promise<ShrinkAnswer> {
  const signal = {
    get aborted() {
      return Atomics.load(below, 0) > number
    },
  } as AbortSignal
  try {
    return { number, trial: await tryRecipe(scenario, request, failure, { signal, ...(limits === undefined ? {} : { limits }) }) }
  } catch (error) {
    // The scenario's judge or statistics, which stand outside of every process, cannot take this run: it does not fail as it should.
    if (blame(error, file) instanceof BadInput) return { number, trial: 'different' }
    return { number, defect: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
