import type { Clock, Nanos, Timer } from '../../sim/host/seam.js'
import type { MemberTimer } from './heartbeat-ticker.js'

/**
 * The timers of all groups of a host on one timer of its clock. As with a `DeadlineTimer`, a deadline that moves to a later time is only noted: when the clock's
 * timer fires, all places that are out of date by then are brought up to date, and the next is that of the earliest deadline. So many members who hear of their
 * leaders all the time wake their host no more often than one does. Who is due at one time is so in the order of deadlines, and of those equal in the order in which
 * the timers were made.
 */
export class SharedTimers {
  readonly #clock: Clock
  /** A binary heap by `place`: the deadline, or an earlier time. */
  readonly #heap: SharedTimer[] = []
  readonly #expired = (): void => this.#expire()
  #made = 0
  #timer: Timer | null = null
  #timerAt = never
  #isExpiring = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  timer(fire: () => void): MemberTimer {
    return new SharedTimer(this, this.#clock, this.#made++, fire)
  }

  /** The deadline of the timer is another. */
  moved(timer: SharedTimer): void {
    if (timer.deadline >= timer.place) return
    const isPlaced = timer.place !== never
    timer.place = timer.deadline
    if (!isPlaced) this.#heap.push(timer)
    this.#rise(isPlaced ? this.#heap.indexOf(timer) : this.#heap.length - 1)
    if (!this.#isExpiring) this.#arm()
  }

  #expire(): void {
    this.#timer = null
    this.#timerAt = never
    const now = this.#clock.monotonic()
    this.#isExpiring = true
    for (let top = this.#heap[0]; top !== undefined && (top.place <= now || top.place !== top.deadline); top = this.#heap[0]) {
      const isDue = top.place === top.deadline && top.deadline <= now
      if (isDue || top.deadline === never) this.#removeTop(top)
      else {
        top.place = top.deadline
        this.#sink()
      }
      if (isDue) top.fireIfDue()
    }
    this.#isExpiring = false
    this.#arm()
  }

  #arm(): void {
    const first = this.#heap[0]
    if (first === undefined || this.#timerAt <= first.place) return
    this.#timer?.cancel()
    this.#timerAt = first.place
    this.#timer = this.#clock.timer(Math.max(1, first.place - this.#clock.monotonic()), this.#expired)
  }

  #removeTop(top: SharedTimer): void {
    top.place = never
    const last = this.#heap.pop()
    if (last === undefined || last === top) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(from: number): void {
    const heap = this.#heap
    const timer = heap[from] as SharedTimer
    let at = from
    for (; at > 0; ) {
      const up = (at - 1) >> 1
      const parent = heap[up] as SharedTimer
      if (!timer.isBefore(parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = timer
  }

  #sink(): void {
    const heap = this.#heap
    const timer = heap[0] as SharedTimer
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down + 1 < heap.length && (heap[down + 1] as SharedTimer).isBefore(heap[down] as SharedTimer)) down++
      const child = heap[down]
      if (child === undefined || !child.isBefore(timer)) break
      heap[at] = child
      at = down
    }
    heap[at] = timer
  }
}

class SharedTimer implements MemberTimer {
  deadline = never
  /** By which it stands in the heap; infinite when it is not there. */
  place = never
  readonly #timers: SharedTimers
  readonly #clock: Clock
  readonly #number: number
  readonly #fire: () => void

  constructor(timers: SharedTimers, clock: Clock, number: number, fire: () => void) {
    this.#timers = timers
    this.#clock = clock
    this.#number = number
    this.#fire = fire
  }

  set(delay: Nanos): void {
    this.deadline = this.#clock.monotonic() + delay
    this.#timers.moved(this)
  }

  fireIfDue(): void {
    if (this.deadline === never || this.#clock.monotonic() < this.deadline) return
    this.deadline = never
    this.#fire()
  }

  cancel(): void {
    this.deadline = never
  }

  isBefore(other: SharedTimer): boolean {
    return this.place < other.place || (this.place === other.place && this.#number < other.#number)
  }
}

const never = Number.POSITIVE_INFINITY
