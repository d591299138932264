import { Worker } from 'node:worker_threads'
import type { Limits } from '../sim/run/report.js'
import type { FailureShape } from '../sim/run/shrink/failure-shape.js'
import type { Reproduction, TrialRequest } from '../sim/run/shrink/trial.js'
import { Stopped, type Trier, TrierBroken } from '../sim/run/shrink/trier.js'
import type { ShrinkAnswer, ShrinkTask, ShrinkWork } from './shrink-worker.js'

export interface WorkerTrierOptions {
  /** One of Seedfall's own, or a file from `folder`. */
  readonly scenario: string
  readonly folder: string
  /** Worker threads. */
  readonly jobs: number
  readonly failure: FailureShape
  readonly signal: AbortSignal
  readonly limits?: Partial<Limits>
  /** A trial that takes longer has hung, and counts as tried in vain; wall time. */
  readonly hangMillis: number
  /** What a worker's old generation may take: a trial that needs more ends its worker, not the program. */
  readonly heapMegabytes: number
  /** What the scenario's own code prints. */
  print(text: string): void
}

/** Beside the sources, and above the built form. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './shrink-worker.mjs' : '../../cli/shrink-worker.mjs', import.meta.url)

/** So many workers may end one after the other while they try nothing: then they always do. */
const mostIdleDeaths = 8

/**
 * Tries recipes on worker threads. The answer is the first in the order of the requests that succeeds, so it is the same for any number of workers; trials
 * behind it are abandoned.
 */
export class WorkerTrier implements Trier {
  readonly #options: WorkerTrierOptions
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  readonly #abandoned = new SharedArrayBuffer(4)
  /** What each busy worker tries. */
  readonly #tasks = new Map<Worker, TriedTask>()
  #numbers = 0
  #idleDeaths = 0
  #round: Round | null = null
  /** No more workers can be had. */
  #broken: Error | null = null

  constructor(options: WorkerTrierOptions) {
    this.#options = options
    for (let job = 0; job < options.jobs; job++) this.#start()
  }

  first(requests: readonly TrialRequest[]): Promise<{ index: number; reproduction: Reproduction } | null> {
    const { signal } = this.#options
    return new Promise((resolve, reject) => {
      if (signal.aborted || this.#broken !== null) {
        reject(this.#broken ?? new Stopped())
        return
      }
      const stop = () => settle(() => reject(new Stopped()))
      const settle = (how: () => void) => {
        signal.removeEventListener('abort', stop)
        this.#round = null
        Atomics.store(new Int32Array(this.#abandoned), 0, this.#numbers)
        how()
      }
      signal.addEventListener('abort', stop)
      const from = this.#numbers
      this.#numbers += requests.length
      this.#round = {
        requests,
        from,
        next: 0,
        open: new Set(),
        found: null,
        resolve: (found) => settle(() => resolve(found)),
        reject: (error) => settle(() => reject(error)),
      }
      this.#feed()
    })
  }

  async close(): Promise<void> {
    const workers = [...this.#all]
    for (const { watch } of this.#tasks.values()) clearTimeout(watch)
    this.#all.clear()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  /** Gives idle workers what is next, and ends the round when all before its success have failed. */
  #feed(): void {
    const round = this.#round
    if (round === null) return
    const end = round.found?.index ?? round.requests.length
    while (round.next < end) {
      const worker = this.#idle.pop()
      if (worker === undefined) return
      const index = round.next++
      round.open.add(index)
      const number = round.from + index
      const watch = setTimeout(() => this.#hung(worker), this.#options.hangMillis)
      this.#tasks.set(worker, { number, watch })
      const task: ShrinkTask = { number, request: round.requests[index] as TrialRequest }
      worker.postMessage(task)
    }
    for (const index of round.open) if (index < end) return
    round.resolve(round.found)
  }

  #answered(worker: Worker, answer: ShrinkAnswer): void {
    clearTimeout(this.#tasks.get(worker)?.watch)
    this.#tasks.delete(worker)
    this.#idle.push(worker)
    const round = this.#round
    if (answer !== 'ready' && round !== null && answer.number >= round.from) {
      const index = answer.number - round.from
      round.open.delete(index)
      this.#idleDeaths = 0
      if ('defect' in answer) {
        round.reject(new Error(answer.defect))
        return
      }
      if (typeof answer.trial !== 'string' && index < (round.found?.index ?? Number.POSITIVE_INFINITY)) round.found = { index, reproduction: answer.trial }
    }
    this.#feed()
  }

  #start(): void {
    const { scenario, folder, failure, limits, heapMegabytes, print } = this.#options
    const work: ShrinkWork = { scenario, folder, failure, abandoned: this.#abandoned, ...(limits === undefined ? {} : { limits }) }
    const worker = new Worker(entry, { workerData: work, stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } })
    this.#all.add(worker)
    for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', print)
    let death = 'it left'
    let isReady = false
    worker.on('message', (answer: ShrinkAnswer) => {
      if (!this.#all.has(worker)) return
      if (answer === 'ready') isReady = true
      this.#answered(worker, answer)
    })
    worker.on('error', (error) => {
      death = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      if (this.#all.delete(worker)) this.#died(worker, isReady, death)
    })
  }

  /** Only its end frees the thread from an endless loop in the user's code; `#died` goes on. */
  #hung(worker: Worker): void {
    void worker.terminate()
  }

  /** What it was trying counts as tried in vain, however often that is so: it ended the worker, and did not fail as it should. */
  #died(worker: Worker, wasReady: boolean, why: string): void {
    const task = this.#tasks.get(worker)
    clearTimeout(task?.watch)
    this.#tasks.delete(worker)
    const place = this.#idle.indexOf(worker)
    if (place >= 0) this.#idle.splice(place, 1)
    if (task === undefined && (!wasReady || ++this.#idleDeaths >= mostIdleDeaths)) {
      this.#broken = new TrierBroken(wasReady ? `threads end while they try nothing: ${why}` : `no thread can load ${this.#options.scenario} any more: ${why}`)
      this.#round?.reject(this.#broken)
      return
    }
    this.#start()
    if (task !== undefined) this.#round?.open.delete(task.number - this.#round.from)
    this.#feed()
  }
}

interface TriedTask {
  readonly number: number
  readonly watch: NodeJS.Timeout
}

/** One call of `first`. */
interface Round {
  readonly requests: readonly TrialRequest[]
  /** The number of its first trial. */
  readonly from: number
  next: number
  readonly open: Set<number>
  found: { readonly index: number; readonly reproduction: Reproduction } | null
  resolve(found: { readonly index: number; readonly reproduction: Reproduction } | null): void
  reject(error: Error): void
}
