import type { Host, Nanos } from '../../sim/host/seam.js'
import { DeadlineTimer } from './deadline-timer.js'

/**
 * A member whose state machine lost what it held, or whose log lost what the state machine holds, waiting for a leader to supply it. When nothing comes for a while
 * (all others may wait as well, or what was read was wrong and what is stored is not), the process ends, and looks at its files anew when it starts.
 */
export class LostState {
  readonly #host: Host
  readonly #group: string
  readonly #patience: Nanos
  readonly #timer: DeadlineTimer
  #isWaiting = false

  constructor(host: Host, group: string, patience: Nanos) {
    this.#host = host
    this.#group = group
    this.#patience = patience
    this.#timer = new DeadlineTimer(host.clock, () => host.exit(`${group}: the state is lost, and no leader supplies it`))
  }

  /** `lacks`: the index up to which a snapshot has to reach; 0: the log still holds everything. */
  found(lacks: number, why: string): void {
    this.#host.log.warn('raft.state-lost', { group: this.#group, lacks, why })
    this.#host.check.reachable('a replica finds its state damaged')
    this.#await(lacks)
  }

  /** The state is sound, and the log that led to it is not: it ends before, and nothing can follow until a snapshot comes. */
  foundAhead(lacks: number, lastIndex: number): void {
    this.#host.log.warn('raft.log-lost', { group: this.#group, lacks, lastIndex })
    this.#host.check.reachable('a replica finds its log shorter than its state')
    this.#await(lacks)
  }

  #await(lacks: number): void {
    this.#isWaiting = lacks > 0
    this.heard()
  }

  /** Some of the snapshot came. */
  heard(): void {
    if (this.#isWaiting) this.#timer.set(this.#patience)
  }

  supplied(): void {
    if (this.#isWaiting) this.#host.check.reachable('a lost state is supplied by the leader')
    this.stop()
  }

  stop(): void {
    this.#isWaiting = false
    this.#timer.cancel()
  }
}
