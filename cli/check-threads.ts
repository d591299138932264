import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { LevelControl, type LevelReport } from '../sim/check/level-search.js'
import type { CheckProgress, SharedFound } from '../sim/check/model-checker.js'
import { SharedStates } from '../sim/check/shared-states.js'
import { BadInput } from './bad-input.js'
import type { CheckThreadOrder, CheckWorkerOrder, FromCheckWorker, ToCheckWorker } from './check-worker.js'

/** Beside the sources, and above the built form. */
const entry = ['./check-worker.mjs', '../../cli/check-worker.mjs']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((file) => existsSync(file))

/** Slots of the shared set at first. It is at most three quarters full. */
const firstSlots = 1 << 20
const mostFull = 0.75
/** Rows that are worth sending to a thread that has fewer. */
const leastMoved = 256

export interface ThreadLimits {
  readonly maxDepth: number
  readonly maxStates: number
  readonly keepGoing: boolean
}

/** A breadth-first search on several threads, level by level. What it finds does not hang on their number, or on which was faster. */
export class CheckThreads {
  readonly #workers: Worker[]
  readonly #limits: ThreadLimits
  readonly #kinds: readonly string[]
  states = new SharedStates(firstSlots)
  readonly found: SharedFound[] = []
  progress: CheckProgress = { uniqueStates: 0, generatedStates: 0, depth: 0 }
  readonly #control: LevelControl
  /** Ended by a limit, or since every property had its answer. */
  isCut = false

  /** Fatal properties end the search when they fall; for those that nobody asked for it does not wait. */
  constructor(
    order: CheckWorkerOrder,
    jobs: number,
    readonly properties: readonly { readonly kind: string; readonly isFatal?: boolean; readonly isUnasked?: boolean }[],
    limits: ThreadLimits,
  ) {
    if (entry === undefined) throw new Error('check-worker.mjs is not beside the command line')
    const file = entry
    this.#limits = limits
    this.#kinds = properties.map(({ kind }) => kind)
    this.#control = new LevelControl(jobs)
    const control = this.#control.words.buffer as SharedArrayBuffer
    this.#workers = Array.from({ length: jobs }, (_, thread) => new Worker(file, { workerData: { ...order, control, thread } satisfies CheckThreadOrder }))
  }

  /** Leaves the rest unseen: the threads end soon, amid a level. */
  stop(): void {
    this.#control.stop()
  }

  /** How far it is, amid a level too. */
  get now(): CheckProgress {
    return { ...this.progress, uniqueStates: this.progress.uniqueStates + this.#control.added }
  }

  /** `goOn` is asked between levels. */
  async run(goOn: (progress: CheckProgress) => boolean): Promise<void> {
    try {
      const [first] = this.#workers as [Worker]
      const begun = await ask(first, { kind: 'begin', memory: this.#memory, room: Number.MAX_SAFE_INTEGER })
      let waiting = this.#workers.map((worker) => (worker === first ? report(begun).waiting : 0))
      this.#count(0, [report(begun)])
      for (let depth = 0; waiting.some((rows) => rows > 0); depth++) {
        if (!goOn(this.progress) || this.progress.uniqueStates >= this.#limits.maxStates || depth > this.#limits.maxDepth) {
          this.isCut = true
          return
        }
        await this.#balance(waiting)
        waiting = await this.#level(depth)
        if (this.#isAnswered || this.#control.isStopped) {
          this.isCut = true
          return
        }
      }
    } finally {
      await Promise.all(this.#workers.map((worker) => worker.terminate()))
    }
  }

  get #memory(): SharedArrayBuffer {
    return this.states.words.buffer as SharedArrayBuffer
  }

  #count(depth: number, reports: readonly LevelReport[]): void {
    const { uniqueStates, generatedStates } = this.progress
    const sum = (of: (report: LevelReport) => number) => reports.reduce((total, one) => total + of(one), 0)
    this.progress = { uniqueStates: uniqueStates + sum(({ added }) => added), generatedStates: generatedStates + sum(({ generated }) => generated), depth }
  }

  /** How many more states each thread may add. */
  get #room(): number {
    return Math.floor((this.states.slots * mostFull - this.progress.uniqueStates) / this.#workers.length)
  }

  /** All threads take up their shares of a level; answers what each has of the next. */
  async #level(depth: number): Promise<number[]> {
    const decided = this.#kinds.map((_, property) => this.found.some((one) => one.property === property))
    const best = new Map<number, SharedFound>()
    let asked: ToCheckWorker['kind'] = 'level'
    let open = this.#workers.map((_, i) => i)
    const waiting = this.#workers.map(() => 0)
    while (open.length > 0) {
      while (this.#room < leastRoom) this.states = this.states.grown(this.states.slots * 2)
      const order =
        asked === 'level'
          ? { kind: asked, decided, memory: this.#memory, room: this.#room }
          : { kind: 'resume' as const, memory: this.#memory, room: this.#room }
      const reports = (await Promise.all(open.map((i) => ask(this.#workers[i] as Worker, order as ToCheckWorker)))).map(report)
      this.#count(depth, reports)
      for (const thread of this.#workers.keys()) this.#control.tell(thread, 0)
      for (const [k, one] of reports.entries()) {
        waiting[open[k] as number] = one.waiting
        for (const found of one.found) {
          const known = best.get(found.property)
          if (known === undefined || found.high < known.high || (found.high === known.high && found.low < known.low)) best.set(found.property, found)
        }
      }
      open = this.#control.isStopped ? [] : open.filter((_, k) => !(reports[k] as LevelReport).isDone)
      asked = 'resume'
    }
    this.found.push(...[...best.values()].sort((a, b) => a.property - b.property))
    return waiting
  }

  /** Threads that have more than their share give some of it to those that have less. */
  async #balance(waiting: number[]): Promise<void> {
    const share = Math.ceil(waiting.reduce((sum, rows) => sum + rows, 0) / waiting.length)
    for (;;) {
      const richest = waiting.indexOf(Math.max(...waiting))
      const poorest = waiting.indexOf(Math.min(...waiting))
      const moved = Math.min((waiting[richest] as number) - share, share - (waiting[poorest] as number))
      if (moved < leastMoved || moved * 8 < share) return
      const given = await ask(this.#workers[richest] as Worker, { kind: 'give', count: moved })
      await ask(this.#workers[poorest] as Worker, { kind: 'adopt', packed: given.kind === 'given' ? given.packed : null })
      waiting[richest] = (waiting[richest] as number) - moved
      waiting[poorest] = (waiting[poorest] as number) + moved
    }
  }

  get #isAnswered(): boolean {
    if (this.#limits.keepGoing) return false
    const isDecided = (property: number) => this.found.some((one) => one.property === property)
    if (this.properties.some(({ isFatal }, i) => isFatal === true && isDecided(i))) return true
    const stated = this.properties.flatMap(({ isUnasked }, i) => (isUnasked === true ? [] : [i]))
    return stated.length > 0 && stated.every(isDecided)
  }
}

/** States that a thread may add before it has to stop, at least. */
const leastRoom = 1 << 16

function report(answer: FromCheckWorker): LevelReport {
  if (answer.kind !== 'report') throw new Error(`a thread answered with '${answer.kind}' where a report was due`)
  return answer.report
}

/** One question at a time to each thread. */
function ask(worker: Worker, message: ToCheckWorker): Promise<FromCheckWorker> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      worker.off('message', answered).off('error', failed).off('exit', ended)
    }
    const answered = (answer: FromCheckWorker): void => {
      done()
      if (answer.kind === 'failed') reject(new BadInput(answer.message))
      else resolve(answer)
    }
    const failed = (error: Error): void => {
      done()
      reject(new BadInput(`a thread ended: ${error.message}`))
    }
    const ended = (code: number): void => {
      done()
      reject(new BadInput(`a thread ended with exit code ${code}`))
    }
    worker.on('message', answered).on('error', failed).on('exit', ended)
    worker.postMessage(message)
  })
}
