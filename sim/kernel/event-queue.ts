import { Misuse } from '../host/errors.js'
import type { Nanos } from '../host/seam.js'
import { type DeadlineTarget, type EventHost, type EventLife, type EventTarget, KernelEvent, shared, timeout } from './event.js'

/**
 * Events ordered by (time, sequence number).
 *
 * Most events come in order of their time (equal latencies, equal timeouts), so two monotone rings stand before a heap: an event goes to the
 * ring whose tail is the latest one not after it, and to the heap when both tails are. Cancelled events stay until they surface, or until
 * they are the majority, when all are swept.
 */
export class EventQueue {
  readonly #early = new Lane()
  readonly #late = new Lane()
  readonly #heap = new Heap()
  #sequence = 0
  #cancelled = 0
  #size = 0

  /** Events that were taken and wait elsewhere: for a machine that is paused or busy. */
  parked = 0

  /** Events waiting, cancelled and parked ones included. */
  get size(): number {
    return this.#size + this.parked
  }

  schedule(
    at: Nanos,
    kind: number,
    target: EventTarget,
    host: EventHost | null,
    life: EventLife | null,
    cause: number,
    a: unknown,
    b: unknown,
    c: unknown,
    n: number,
  ): KernelEvent {
    if (!Number.isSafeInteger(at) || at < 0) throw new Misuse(`virtual time is an integer of nanoseconds from 0 on, not ${at}`)
    const event = new KernelEvent(at, kind, target, host, life, cause, a, b, c, n)
    this.push(event)
    return event
  }

  /** Puts an event (back) in the queue, behind all others of its time. */
  push(event: KernelEvent): void {
    event.sequence = ++this.#sequence
    this.#size++
    const at = event.at
    const early = this.#early
    const late = this.#late
    if (at >= late.tail) {
      // Both may fit: the later tail wastes less of the other lane's reach.
      if (early.tail > late.tail && at >= early.tail) early.push(event)
      else late.push(event)
    } else if (at >= early.tail) early.push(event)
    else this.#heap.push(event)
  }

  /** The next event that was not cancelled, or null; it stays in the queue. */
  peek(): KernelEvent | null {
    for (;;) {
      const event = this.#first()
      if (event === null || event.target !== null) return event
      this.#take(event)
      this.#cancelled--
    }
  }

  /** Takes the event that `peek` answered; it may be put back with `push`. */
  take(event: KernelEvent): void {
    this.#take(event)
  }

  /** An event that was taken fires now: it can no longer be cancelled. */
  begin(event: KernelEvent): void {
    event.sequence = 0
  }

  /** Cancels an event that has not fired yet; nothing happens to any other. */
  cancel(event: KernelEvent): void {
    if (event.sequence === 0 || event.target === null) return
    event.clear()
    this.#cancelled++
    if (this.#cancelled > 4096 && this.#cancelled * 2 > this.#size) this.#sweep()
  }

  /** Nothing that waits will become a step, unless somebody adds to it: it was cancelled, or all its deadlines were. */
  get isIdle(): boolean {
    return this.parked === 0 && this.#early.isIdle && this.#late.isIdle && this.#heap.isIdle
  }

  /** All waiting events in no particular order: for reports, never for decisions. */
  waiting(): KernelEvent[] {
    return [...this.#early.items(), ...this.#late.items(), ...this.#heap.items()].filter((event) => event.target !== null)
  }

  /** Gives waiting events other times; those of equal times keep their order. For what is rare: it takes the whole queue apart. */
  retime(timeOf: (event: KernelEvent) => Nanos): void {
    const events = [...this.#early.takeAll(), ...this.#late.takeAll(), ...this.#heap.takeAll()]
    events.sort((a, b) => a.at - b.at || a.sequence - b.sequence)
    this.#size = 0
    this.#cancelled = 0
    for (const event of events) {
      if (event.target === null) continue
      event.at = timeOf(event)
      this.push(event)
    }
  }

  #first(): KernelEvent | null {
    let best = this.#early.head
    const late = this.#late.head
    if (late !== null && (best === null || late.at < best.at || (late.at === best.at && late.sequence < best.sequence))) best = late
    const top = this.#heap.top
    if (top !== null && (best === null || top.at < best.at || (top.at === best.at && top.sequence < best.sequence))) best = top
    return best
  }

  #take(event: KernelEvent): void {
    this.#size--
    if (this.#early.head === event) this.#early.shift()
    else if (this.#late.head === event) this.#late.shift()
    else this.#heap.pop()
  }

  #sweep(): void {
    const swept = this.#early.sweep() + this.#late.sweep() + this.#heap.sweep()
    this.#size -= swept
    this.#cancelled -= swept
  }
}

/** A ring whose events' times never decrease. */
class Lane {
  head: KernelEvent | null = null
  /** Time of the last event; -1 while empty. */
  tail: Nanos = -1
  #ring: (KernelEvent | null)[] = new Array(16).fill(null)
  #from = 0
  #count = 0

  push(event: KernelEvent): void {
    if (this.#count === this.#ring.length) this.#grow()
    this.#ring[(this.#from + this.#count) & (this.#ring.length - 1)] = event
    if (this.#count++ === 0) this.head = event
    this.tail = event.at
  }

  shift(): void {
    const ring = this.#ring
    ring[this.#from] = null
    this.#from = (this.#from + 1) & (ring.length - 1)
    if (--this.#count === 0) {
      this.head = null
      this.tail = -1
    } else this.head = ring[this.#from] as KernelEvent
  }

  get isIdle(): boolean {
    for (let i = 0; i < this.#count; i++) if (!isIdle(this.#ring[(this.#from + i) & (this.#ring.length - 1)] as KernelEvent)) return false
    return true
  }

  items(): KernelEvent[] {
    const items: KernelEvent[] = []
    for (let i = 0; i < this.#count; i++) items.push(this.#ring[(this.#from + i) & (this.#ring.length - 1)] as KernelEvent)
    return items
  }

  /** Drops what was cancelled; answers how many that were. */
  sweep(): number {
    let swept = 0
    for (const event of this.takeAll()) {
      if (event.target === null) swept++
      else this.push(event)
    }
    return swept
  }

  takeAll(): KernelEvent[] {
    const items = this.items()
    this.#ring.fill(null)
    this.#from = 0
    this.#count = 0
    this.head = null
    this.tail = -1
    return items
  }

  #grow(): void {
    const items = this.items()
    const grown: (KernelEvent | null)[] = new Array(this.#ring.length * 2).fill(null)
    for (let i = 0; i < items.length; i++) grown[i] = items[i] as KernelEvent
    this.#ring = grown
    this.#from = 0
  }
}

function isIdle({ kind, n, target }: KernelEvent): boolean {
  return target === null || (kind === timeout && n === shared && (target as DeadlineTarget).isIdle)
}

const noTimes = new Float64Array(0)

/** A 4-ary heap; the times stand beside the events so that sifting touches no event but on ties. */
class Heap {
  top: KernelEvent | null = null
  #times = noTimes
  #events: KernelEvent[] = []

  push(event: KernelEvent): void {
    const events = this.#events
    const index = events.length
    events.push(event)
    if (index === this.#times.length) {
      const grown = new Float64Array(index === 0 ? 64 : index * 2)
      grown.set(this.#times)
      this.#times = grown
    }
    this.#up(index, event)
    this.top = events[0] as KernelEvent
  }

  pop(): void {
    const events = this.#events
    const last = events.pop() as KernelEvent
    if (events.length > 0) this.#down(0, last)
    this.top = events.length > 0 ? (events[0] as KernelEvent) : null
  }

  get isIdle(): boolean {
    return this.#events.every(isIdle)
  }

  items(): KernelEvent[] {
    return this.#events.slice()
  }

  /** Drops what was cancelled; answers how many that were. */
  sweep(): number {
    let swept = 0
    for (const event of this.takeAll()) {
      if (event.target === null) swept++
      else this.push(event)
    }
    return swept
  }

  takeAll(): KernelEvent[] {
    const items = this.#events
    this.#events = []
    this.top = null
    return items
  }

  #up(from: number, event: KernelEvent): void {
    const events = this.#events
    const times = this.#times
    const at = event.at
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 2
      const parentAt = times[parent] as number
      if (parentAt < at || (parentAt === at && (events[parent] as KernelEvent).sequence < event.sequence)) break
      events[index] = events[parent] as KernelEvent
      times[index] = parentAt
      index = parent
    }
    events[index] = event
    times[index] = at
  }

  #down(from: number, event: KernelEvent): void {
    const events = this.#events
    const times = this.#times
    const length = events.length
    const at = event.at
    let index = from
    for (;;) {
      const first = index * 4 + 1
      if (first >= length) break
      let least = first
      let leastAt = times[first] as number
      const end = Math.min(first + 4, length)
      for (let child = first + 1; child < end; child++) {
        const childAt = times[child] as number
        if (childAt < leastAt || (childAt === leastAt && (events[child] as KernelEvent).sequence < (events[least] as KernelEvent).sequence)) {
          least = child
          leastAt = childAt
        }
      }
      if (leastAt > at || (leastAt === at && (events[least] as KernelEvent).sequence > event.sequence)) break
      events[index] = events[least] as KernelEvent
      times[index] = leastAt
      index = least
    }
    events[index] = event
    times[index] = at
  }
}
