import type { SliceGuard } from '../ambient/slice-guard.js'
import type { Nanos } from '../host/seam.js'
import { catchFailures, macrotask, syncDrain, wallMillis } from './drain.js'
import { type EventHost, type EventKindName, type EventLife, type EventTarget, eventKinds, fault, hasLapsed, KernelEvent } from './event.js'
import { EventQueue } from './event-queue.js'
import type { Key } from './mix.js'
import { TraceHash, type TraceRecord, type TraceSink } from './trace.js'

/** What the world above the kernel does at the edges of a step. */
export interface KernelHooks {
  /** After quiescence: crashes that fell inside the step, invariants, then crashes at the step's end. True ends the loop. */
  stepEnded(event: KernelEvent, life: EventLife | null): boolean
  /** A throw or a rejection without a handler inside a step. */
  failed(error: unknown): void
  /** The detail of a step's trace line; called only with a trace sink. */
  describe(event: KernelEvent): { host: string | null; incarnation: number; detail: string }
}

export interface KernelOptions {
  readonly key: Key
  readonly hooks: KernelHooks
  readonly drain?: 'sync' | 'macrotask'
  readonly hash?: boolean
  readonly sink?: TraceSink
  readonly breakAtStep?: number
  /** Steps after which the loop ends with `limit`. */
  readonly stepLimit: number
  readonly queueLimit: number
  /** Asked every few milliseconds of wall time. */
  readonly interrupted?: () => boolean
  /** Asked as often. */
  readonly isOutOfMemory?: () => boolean
  /** Only where draining is synchronous: elsewhere other code runs while a step does. */
  readonly guard?: SliceGuard
}

/** What acts at times of its own, outside of the queue and before the events of that time. */
export interface Planner {
  /** Its time has come: a step of the world's own, or null: nothing happens, and nothing of it is seen in the trace. */
  decide(): PlannedStep | null
}

export interface PlannedStep {
  readonly label: string
  readonly run: () => void
}

/** Why the loop ended: the time asked for was reached, nothing waits, a hook ended it, a limit was passed, the user interrupted. */
export type LoopEnd = 'reached' | 'empty' | 'ended' | 'steps' | 'queue' | 'memory' | 'interrupted'

const sliceMillis = 10

/**
 * The simulation loop: takes one event, runs it to quiescence, folds it into the trace hash, checks, and goes on.
 * It runs in macrotasks of its own and yields to the real event loop every 10 ms of wall time, invisibly to the trace.
 */
export class Kernel {
  now: Nanos = 0
  /** Number of the current step, of the last one between steps. */
  steps = 0
  /** Whose step it is; null between steps and in the world's own. */
  life: EventLife | null = null
  readonly key: Key
  readonly queue = new EventQueue()
  readonly hash = new TraceHash()
  readonly hashing: boolean
  readonly sink: TraceSink | undefined
  /** The loop ends with `steps` once so many were run. */
  stepLimit: number
  readonly #hooks: KernelHooks
  readonly #drain: (() => void) | null
  readonly #options: KernelOptions
  /** Steps run in this macrotask. */
  isInSlice = false
  #running = false
  #planner: Planner | null = null
  /** When the planner is asked next. */
  #plannedAt: Nanos = Number.POSITIVE_INFINITY

  constructor(options: KernelOptions) {
    this.key = options.key
    this.#options = options
    this.#hooks = options.hooks
    this.#drain = options.drain === 'macrotask' ? null : syncDrain()
    this.hashing = options.hash ?? true
    this.sink = options.sink
    this.stepLimit = options.stepLimit
  }

  schedule(
    delay: Nanos,
    kind: number,
    target: EventTarget,
    host: EventHost | null,
    life: EventLife | null,
    a?: unknown,
    b?: unknown,
    c?: unknown,
    n = 0,
  ): KernelEvent {
    return this.queue.schedule(this.now + delay, kind, target, host, life, this.steps, a, b, c, n)
  }

  /** The planner is asked once, when this time has come (instead of any time it was to be asked at before); at infinity never. */
  plan(at: Nanos, planner: Planner): void {
    this.#plannedAt = at
    this.#planner = planner
  }

  /** Between `run` and its end: the loop may have given the thread back meanwhile. */
  get isRunning(): boolean {
    return this.#running
  }

  fold(word: number): void {
    if (this.hashing) this.hash.fold(word)
  }

  /** A trace line for something inside a step. Call only with a sink: its text costs. */
  note(host: string | null, incarnation: number, kind: string, detail: string): void {
    this.sink?.note?.({ step: this.steps, at: this.now, host, incarnation, kind, cause: this.steps, detail, hash: this.hash.toString() })
  }

  /** Runs until virtual time `time` (events at it included), or until something ends it. */
  run(time: Nanos): Promise<LoopEnd> {
    if (this.#running) return Promise.reject(new Error('this simulation is already running: await the call before'))
    if (this.#options.interrupted?.()) return Promise.resolve('interrupted')
    this.#running = true
    return new Promise((resolve, reject) => {
      const turn = () => {
        let end: LoopEnd | null
        try {
          end = this.#drain === null ? this.#turn(time, again) : this.#slice(time)
        } catch (error) {
          this.#running = false
          reject(error)
          return
        }
        if (end === null) {
          if (this.#drain !== null) macrotask(turn)
          return
        }
        this.#running = false
        if ((end === 'reached' || end === 'empty') && this.now < time) this.now = time
        resolve(end)
      }
      const again = () => macrotask(turn)
      macrotask(turn)
    })
  }

  /** Many steps, each drained synchronously; null asks for another slice. */
  #slice(time: Nanos): LoopEnd | null {
    const release = catchFailures((reason) => this.#hooks.failed(reason))
    const { guard } = this.#options
    this.isInSlice = true
    guard?.enter(this)
    try {
      const drain = this.#drain as () => void
      const until = wallMillis() + sliceMillis
      let countdown = 128
      for (;;) {
        const event = this.#next(time)
        if (typeof event === 'string') return event
        this.#begin(event)
        drain()
        if (this.#end(event)) return 'ended'
        if (--countdown === 0) {
          countdown = 128
          if (wallMillis() >= until) return this.#options.interrupted?.() ? 'interrupted' : this.#options.isOutOfMemory?.() ? 'memory' : null
        }
      }
    } finally {
      guard?.leave(this)
      this.isInSlice = false
      release()
    }
  }

  #turnStarted = false
  #release: (() => void) | null = null

  /** One step a macrotask, where draining is not to be had: the turn between fires the microtasks. */
  #turn(time: Nanos, again: () => void): LoopEnd | null {
    if (this.#turnStarted) {
      this.#turnStarted = false
      const event = this.#current as KernelEvent
      this.#release?.()
      if (this.#end(event)) return 'ended'
      if (this.#options.interrupted?.()) return 'interrupted'
    }
    const event = this.#next(time)
    if (typeof event === 'string') return event
    this.#release = catchFailures((reason) => this.#hooks.failed(reason))
    this.#current = event
    this.#turnStarted = true
    this.#begin(event)
    again()
    return null
  }
  #current: KernelEvent | null = null

  /** The next event that fires, taken from the queue, or why there is none. */
  #next(time: Nanos): KernelEvent | LoopEnd {
    const queue = this.queue
    for (;;) {
      const event = queue.peek()
      const plannedAt = this.#plannedAt
      if (plannedAt <= time && (event === null || plannedAt <= event.at)) {
        if (this.steps >= this.stepLimit) return 'steps'
        const planned = this.#decide(plannedAt)
        if (planned !== null) return planned
        continue
      }
      if (event === null) return plannedAt === Number.POSITIVE_INFINITY ? 'empty' : 'reached'
      if (event.at > time) return plannedAt === Number.POSITIVE_INFINITY && queue.isIdle ? 'empty' : 'reached'
      if (this.steps >= this.stepLimit) return 'steps'
      if (queue.size > this.#options.queueLimit) return 'queue'
      queue.take(event)
      if (event.life !== null && !event.life.alive) {
        event.clear()
        continue
      }
      if (hasLapsed(event)) continue
      const host = event.host
      if (host !== null) {
        if (host.isPaused) {
          host.defer(event)
          continue
        }
        if (host.busyUntil > event.at) {
          const admitted = host.admit(event)
          if (admitted === null) continue
          queue.begin(admitted)
          return admitted
        }
      }
      queue.begin(event)
      return event
    }
  }

  #decide(at: Nanos): KernelEvent | null {
    if (this.now < at) this.now = at
    const step = (this.#planner as Planner).decide()
    if (step === null) return null
    return new KernelEvent(this.now, fault, plannedTarget, null, null, this.steps, step, step.label, undefined, 0)
  }

  #begin(event: KernelEvent): void {
    this.now = event.at
    this.steps++
    this.life = event.life
    if (this.steps === this.#options.breakAtStep) {
      // biome-ignore lint/suspicious/noDebugger: `--break-at` stops here under `node --inspect`.
      debugger
    }
    try {
      ;(event.target as EventTarget).fire(event)
    } catch (error) {
      this.#hooks.failed(error)
    }
  }

  #end(event: KernelEvent): boolean {
    if (this.hashing) {
      const hash = this.hash
      hash.foldInteger(event.at)
      hash.fold((event.kind << 27) ^ (event.host === null ? -1 : event.host.index << 16) ^ (this.steps - event.cause))
    }
    const life = this.life
    const ended = this.#hooks.stepEnded(event, life)
    this.life = null
    if (this.sink !== undefined) this.sink.step(this.#record(event))
    event.clear()
    return ended
  }

  #record(event: KernelEvent): TraceRecord {
    const { host, incarnation, detail } = this.#hooks.describe(event)
    const kind = eventKinds[event.kind] as EventKindName
    return { step: this.steps, at: this.now, host, incarnation, kind, cause: event.cause, detail, hash: this.hash.toString() }
  }
}

const plannedTarget: EventTarget = { fire: (event) => (event.a as PlannedStep).run() }
