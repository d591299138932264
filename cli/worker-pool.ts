import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Campaign, CampaignItem } from '../sim/run/campaign/campaign.js'
import type { CampaignScenario } from '../sim/run/campaign/campaign-file.js'
import { brokenFailure } from '../sim/run/campaign/run-seed.js'
import { brokenSeed } from '../sim/run/campaign/seed-result.js'
import { BadInput } from './bad-input.js'
import { keepToOwnThread } from './own-thread.js'
import { type FromWorker, runningWord, signOfLifeWord, type ToWorker, type WorkerOrder } from './worker-messages.js'

export interface PoolOptions {
  readonly scenarios: readonly CampaignScenario[]
  readonly folder: string
  /** Threads at a time. */
  readonly jobs: number
  /** A worker that gives no sign of life for so many wall-clock milliseconds is ended, and its seed has hung. */
  readonly seedTimeoutMillis: number
  /** What a worker's old generation may take. */
  readonly heapMegabytes: number
  /** What a scenario prints. */
  print(text: string): void
  /** A seed has ended, in whichever way. */
  ended?(): void
}

/** How often a worker's sign of life is looked for. */
const lookEveryMillis = 100
const mostIdleLosses = 5
/** Within this, a worker has its scenarios. */
const loadTimeoutMillis = 60_000
/** Items a worker holds: one that runs, one to go on with at once. */
const itemsAhead = 2
/** Four times what Node.js takes by itself, a quarter of the heap at most. */
const youngMegabytes = 192

/** Beside the sources, and above the built form. */
const entry = ['./hunt-worker.mjs', '../../cli/hunt-worker.mjs'].map((place) => fileURLToPath(new URL(place, import.meta.url))).find((file) => existsSync(file))

/** Runs a campaign's seeds on threads. One that dies or hangs is told of by its seed and replaced. */
export class WorkerPool {
  readonly #campaign: Campaign
  readonly #options: PoolOptions
  readonly #workers = new Set<SeedWorker>()
  #end: (() => void) | null = null
  #fail: ((error: unknown) => void) | null = null
  /** Of all workers together, while they ran seeds. */
  busyMillis = 0
  /** Workers lost one after the other without a seed that ended. */
  #idleLosses = 0

  constructor(campaign: Campaign, options: PoolOptions) {
    this.#campaign = campaign
    this.#options = options
  }

  /** Settles when the campaign is done or stopped. Rejects with `BadInput` when a worker cannot load a scenario. */
  async run(): Promise<void> {
    const { jobs } = this.#options
    keepToOwnThread()
    const looking = setInterval(() => this.#guarded(() => this.#look()), lookEveryMillis)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = resolve
        this.#fail = reject
        const size = this.#campaign.size ?? jobs
        for (let job = 0; job < Math.min(jobs, size); job++) this.#start()
        this.#endIfDone()
      })
    } finally {
      clearInterval(looking)
      await Promise.all([...this.#workers].map((worker) => worker.end()))
    }
  }

  /** Ctrl-C: what runs is given up. */
  stop(): void {
    this.#campaign.stop()
    this.#endIfDone()
  }

  #start(): void {
    const worker = new SeedWorker(this.#options, {
      ready: () => this.#guarded(() => this.#feedAll()),
      done: (item, { result, replay, busyMillis }) =>
        this.#guarded(() => {
          this.#idleLosses = 0
          this.busyMillis += busyMillis
          this.#campaign.finished({ item, result, ...(replay === undefined ? {} : { replay }) })
          this.#feedAll()
        }),
      gone: (how) => this.#guarded(() => this.#gone(worker, how)),
      failed: (error) => this.#fail?.(error),
    })
    this.#workers.add(worker)
  }

  /** What throws in an event of a worker, such as a full disk when its result is kept, ends the hunt. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail?.(error)
    }
  }

  /** A result may free others, too: those that were too far ahead of it. */
  #feedAll(): void {
    this.#options.ended?.()
    for (const worker of this.#workers) {
      while (worker.isReady && worker.items.length < itemsAhead) {
        const item = this.#campaign.take()
        if (item === null) break
        worker.send(item)
      }
    }
    this.#endIfDone()
  }

  #look(): void {
    const { seedTimeoutMillis } = this.#options
    for (const worker of this.#workers) worker.look(lookEveryMillis, seedTimeoutMillis)
    // The clock may have run out.
    this.#feedAll()
  }

  #gone(worker: SeedWorker, how: WorkerEnd): void {
    this.#workers.delete(worker)
    const running = worker.runningItem
    this.#campaign.returned(worker.items.filter((item) => item !== running))
    if (running === undefined) {
      // Too little memory, or code of a scenario's file that runs when it is loaded.
      if (!worker.isReady) throw new BadInput(`no thread can load ${this.#names()}: ${how.message}`)
      // Between two seeds: something that an earlier one left behind. Always so, it would never end.
      if (++this.#idleLosses >= mostIdleLosses)
        throw new BadInput(`${this.#names()}: ${mostIdleLosses} threads one after the other ended while they ran no seed: ${how.message}`)
      this.#options.print(`a worker ended between two seeds, and is replaced: ${how.message}`)
    } else this.#campaign.finished({ item: running, result: brokenSeed(how.outcome, brokenFailure(how.outcome, how.check, how.message)) })
    if (!this.#campaign.isDone) this.#start()
    this.#feedAll()
  }

  #names(): string {
    return this.#options.scenarios.map(({ scenario, file }) => file ?? scenario).join(', ')
  }

  #endIfDone(): void {
    if (this.#campaign.isDone) this.#end?.()
  }
}

/** How a worker was lost. */
interface WorkerEnd {
  readonly outcome: 'died' | 'hung'
  readonly check: string
  readonly message: string
}

interface WorkerEvents {
  ready(): void
  done(item: CampaignItem, message: Extract<FromWorker, { kind: 'done' }>): void
  gone(how: WorkerEnd): void
  failed(error: unknown): void
}

/** One thread, and what it was given to run. */
class SeedWorker {
  isReady = false
  /** In the order in which they will be run. */
  readonly items: CampaignItem[] = []
  readonly #worker: Worker
  readonly #status: Int32Array
  #signsOfLife = 0
  #quietMillis = 0
  #isEnding = false
  #how: WorkerEnd | null = null

  constructor({ scenarios, folder, heapMegabytes, print }: PoolOptions, events: WorkerEvents) {
    if (entry === undefined) throw new Error('hunt-worker.mjs is not beside the command line')
    const words = new SharedArrayBuffer(8)
    this.#status = new Int32Array(words)
    this.#status[runningWord] = -1
    const workerData: WorkerOrder = { scenarios, folder, words }
    // Most of what a run makes dies young: the rarer young space is collected, the less of it is copied.
    const resourceLimits = { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: Math.min(youngMegabytes, Math.ceil(heapMegabytes / 4)) }
    this.#worker = new Worker(entry, { workerData, stdout: true, stderr: true, resourceLimits })
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) stream.setEncoding('utf8').on('data', print)
    this.#worker.on('message', (message: FromWorker) => {
      if (this.#isEnding) return
      if (message.kind === 'cannot load') events.failed(new BadInput(message.message))
      else if (message.kind === 'ready') {
        this.isReady = true
        events.ready()
      } else {
        const [item] = this.items.splice(
          this.items.findIndex(({ position }) => position === message.position),
          1,
        )
        events.done(item as CampaignItem, message)
      }
    })
    this.#worker.on('error', (error: Error & { code?: string }) => {
      this.#how ??=
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? { outcome: 'died', check: 'out of memory', message: `its worker ran out of memory (${heapMegabytes} MB; --memory)` }
          : { outcome: 'died', check: 'uncaught', message: `nobody caught ${error.name}: ${error.message.split('\n')[0]}` }
    })
    this.#worker.on('exit', (code) => {
      if (this.#isEnding) return
      this.#isEnding = true
      events.gone(this.#how ?? { outcome: 'died', check: 'process.exit', message: `its worker ended with exit code ${code}` })
    })
  }

  /** What runs, or ran when it was lost. */
  get runningItem(): CampaignItem | undefined {
    const position = Atomics.load(this.#status, runningWord)
    return this.items.find((item) => item.position === position)
  }

  send(item: CampaignItem): void {
    this.items.push(item)
    this.#worker.postMessage({ item } satisfies ToWorker)
  }

  /** `passedMillis` since the last look: the machine may have slept, which is nobody's fault. */
  look(passedMillis: number, timeoutMillis: number): void {
    const signs = Atomics.load(this.#status, signOfLifeWord)
    const isAlive = signs !== this.#signsOfLife
    this.#signsOfLife = signs
    this.#quietMillis = isAlive || (this.isReady && this.items.length === 0) ? 0 : this.#quietMillis + passedMillis
    // Compiling a scenario and all that it imports may keep a busy machine for seconds.
    const bound = this.isReady ? timeoutMillis : Math.max(timeoutMillis, loadTimeoutMillis)
    if (this.#quietMillis < bound || this.#how !== null) return
    this.#how = { outcome: 'hung', check: 'no sign of life', message: `no sign of life for ${bound / 1_000} s (--seed-timeout): an endless loop` }
    void this.#worker.terminate()
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
  }
}
