/**
 * The two sides of a live migration, without time and network. The guest is somewhere all the time: on the source until the control plane has handed it over, on
 * the target from then on. Between the moment when the target has everything (`standing`, `complete`) and that word nobody runs it.
 */
export type SourcePhase =
  /** Rounds of memory are on their way; the guest runs. */
  | 'copying'
  /** The guest stands still, and the last round is on its way: nobody has been asked for the hand-over yet. */
  | 'stopping'
  /** The target has everything. The hand-over may have been asked for, and may have been decided. */
  | 'standing'
  /** The guest is the target's. */
  | 'gone'
  /** The guest runs here, as before. */
  | 'back'

export type SourceEvent =
  /** Little enough is left to stop the guest for. */
  | 'converged'
  /** The target has the last round. */
  | 'received'
  /** The target, the network or the disk did not do their part. */
  | 'failed'
  /** It takes too long. */
  | 'patience-over'
  /** The control plane says: handed over. */
  | 'finish'
  /** The control plane says: it stays. */
  | 'cancel'

export type SourceEffect = 'pause' | 'resume' | 'destroy' | 'activate-target'

export interface SourceStep {
  readonly phase: SourcePhase
  readonly effects: readonly SourceEffect[]
}

export function sourceStep(phase: SourcePhase, event: SourceEvent): SourceStep {
  switch (phase) {
    case 'copying':
      if (event === 'converged') return { phase: 'stopping', effects: ['pause'] }
      // Nobody has asked for a hand-over: it can only be the word of an earlier migration.
      if (event === 'finish' || event === 'received') return { phase, effects: [] }
      return { phase: 'back', effects: [] }
    case 'stopping':
      if (event === 'received') return { phase: 'standing', effects: [] }
      if (event === 'failed' || event === 'patience-over' || event === 'cancel') return { phase: 'back', effects: ['resume'] }
      return { phase, effects: [] }
    case 'standing':
      if (event === 'finish') return { phase: 'gone', effects: ['destroy', 'activate-target'] }
      if (event === 'cancel') return { phase: 'back', effects: ['resume'] }
      // However long it takes: the target may be running it by now.
      return { phase, effects: [] }
    case 'gone':
    case 'back':
      return { phase, effects: [] }
  }
}

export type TargetPhase =
  /** There is room, and some of the memory. */
  | 'incoming'
  /** All of the memory is here. */
  | 'complete'
  | 'active'
  | 'discarded'

export type TargetEvent = 'last-round' | 'activate' | 'discard'

export interface TargetStep {
  readonly phase: TargetPhase
  readonly effects: readonly 'run'[]
}

export function targetStep(phase: TargetPhase, event: TargetEvent): TargetStep {
  if (phase === 'active' || phase === 'discarded') return { phase, effects: [] }
  if (event === 'discard') return { phase: 'discarded', effects: [] }
  if (event === 'last-round') return { phase: 'complete', effects: [] }
  return phase === 'complete' ? { phase: 'active', effects: ['run'] } : { phase, effects: [] }
}
