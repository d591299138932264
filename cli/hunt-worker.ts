/** A thread of a hunt: runs the seeds that it is sent, one at a time, and answers each. Started by `WorkerPool`, by way of hunt-worker.mjs. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { CampaignItem } from '../sim/run/campaign/campaign.js'
import type { CampaignScenario } from '../sim/run/campaign/campaign-file.js'
import { SeedRunner } from '../sim/run/campaign/run-seed.js'
import { BadInput } from './bad-input.js'
import { type LoadedScenario, loadScenario } from './load-scenario.js'
import { blame } from './scenario-fault.js'
import { seedRequest } from './seed-request.js'
import { type FromWorker, runningWord, signOfLifeWord, type ToWorker, type WorkerOrder } from './worker-messages.js'

const port = parentPort as MessagePort
const { scenarios, folder, words } = workerData as WorkerOrder
const status = new Int32Array(words)
const answer = (message: FromWorker): void => port.postMessage(message)

// Turns of the event loop come between slices of a run: an endless loop has none.
setInterval(() => Atomics.add(status, signOfLifeWord, 1), 100)

const runner = new SeedRunner(told)
const queue: CampaignItem[] = []
let isRunning = false

const loaded = await load()
if (loaded !== null) {
  port.on('message', ({ item }: ToWorker) => {
    queue.push(item)
    if (!isRunning) void runAll(loaded)
  })
  answer({ kind: 'ready' })
}

async function load(): Promise<LoadedScenario[] | null> {
  try {
    const all: LoadedScenario[] = []
    for (const { scenario, file } of scenarios) all.push(await loadScenario(file ?? scenario, folder))
    return all
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    answer({ kind: 'cannot load', message: error.message })
    return null
  }
}

async function runAll(all: readonly LoadedScenario[]): Promise<void> {
  isRunning = true
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    Atomics.store(status, runningWord, item.position)
    const began = performance.now()
    const { scenario, file } = all[item.scenario] as LoadedScenario
    const done = await runner.run(item.seed, seedRequest(scenarios[item.scenario] as CampaignScenario, scenario), file)
    Atomics.store(status, runningWord, -1)
    if (done === null) throw new Error('a run without a signal was interrupted')
    answer({ kind: 'done', ...done, position: item.position, busyMillis: performance.now() - began })
  }
  isRunning = false
}

/** Whose mistake it is that code outside of every process threw. */
function told(error: unknown, file: string | undefined): string {
  const blamed = blame(error, file)
  if (blamed instanceof BadInput) return blamed.message
  return `a defect of Seedfall itself, please report it with this text: ${error instanceof Error ? error.stack : String(error)}`
}
