import type { HostName, Nanos, Timer } from '../../../sim/host/seam.js'
import type { BecomingState } from '../claims/becoming.js'
import type { GuestIdentity } from '../control/records.js'
import { type SourceSide, standsStill, type TargetSide } from '../migration/sides.js'
import { GuestMemory } from './guest-memory.js'
import type { GuestSpec, GuestState, GuestView } from './hypervisor.js'

export type Doing = 'starting' | 'booting' | 'running' | 'hung' | 'crashed' | 'failed' | 'incoming' | 'gone'

/** A migration from here. */
export interface Outgoing {
  readonly migration: number
  readonly target: HostName
  readonly targetSession: number
  readonly side: SourceSide
}

/** A migration to here. */
export interface Incoming {
  readonly migration: number
  readonly side: TargetSide
}

/** It may yet go elsewhere. */
export const isUnderWay = ({ side: { phase } }: Outgoing): boolean => phase !== 'back' && phase !== 'returning'

/** A guest as the machine has it. */
export class Guest {
  doing: Doing = 'starting'
  /** Which start in the machine's session it is. */
  instance = 0
  /** Starts of its own accord since it last stayed up. */
  restarts = 0
  runningSince: Nanos | null = null
  /** Since when it hangs. */
  hungSince: Nanos | null = null
  memory = new GuestMemory()
  /** Requests to the disk that are not answered. */
  openRequests = 0
  /** Writes of its own accord so far. */
  beats = 0
  outgoing: Outgoing | null = null
  incoming: Incoming | null = null
  readonly timers: Timer[] = []

  /** Who it believes to be: of what was booted or restored, until it is told. */
  identity: GuestIdentity

  constructor(public spec: GuestSpec) {
    this.identity = spec.identity
  }

  get vm(): string {
    return this.spec.vm
  }

  /** It stands still for a migration, or after one that failed until its disk is its own again. */
  get isPaused(): boolean {
    return this.outgoing !== null && standsStill(this.outgoing.side)
  }

  /** What a claim on it looks at. */
  get becoming(): BecomingState {
    const { doing, spec, identity } = this
    return { generation: spec.generation, isRunning: doing === 'running', isSomebody: spec.address !== null, generationId: identity.generationId }
  }

  view(isFed: boolean): GuestView {
    const { identity } = this
    const { vm, generation, boots } = this.spec
    const migration = this.outgoing?.migration ?? this.incoming?.migration ?? null
    return { vm, generation, boots, state: this.#state(isFed), generationId: identity.generationId, migration }
  }

  #state(isFed: boolean): GuestState {
    const { doing, outgoing, incoming } = this
    if (doing === 'gone') return 'crashed'
    if (incoming !== null && doing === 'incoming') {
      if (incoming.side.phase === 'waking') return 'starting'
      return incoming.side.phase === 'complete' ? 'complete' : 'incoming'
    }
    if (doing === 'running' && outgoing !== null && isUnderWay(outgoing)) return outgoing.side.phase === 'standing' ? 'standing' : 'sending'
    if (doing === 'running' && !isFed) return 'suspended'
    return doing
  }

  cancelTimers(): void {
    for (const timer of this.timers) timer.cancel()
    this.timers.length = 0
  }
}

/** What happened to a guest: for those who look at what really runs. */
export interface GuestEvent {
  readonly what:
    | 'starting'
    | 'running'
    | 'networked'
    | 'crashed'
    | 'stopped'
    | 'killed'
    | 'identified'
    | 'paused'
    | 'resumed'
    | 'handed-over'
    | 'arrived'
    | 'incoming'
    | 'discarded'
  readonly vm: string
  readonly generation: number
  readonly instance: number
  readonly generationId: string
  readonly migration: number | null
  /** Of its memory. */
  readonly digest: number
  readonly why: string
}
