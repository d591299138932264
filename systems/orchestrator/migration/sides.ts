import type { Effect, Machine, MachineEvent } from '../../../sim/check/machine.js'

/**
 * The two sides of a live migration, without time and network. The guest is somewhere all the time: on the source until the control plane has handed it over, on
 * the target from then on. Between the moment when the target has everything (`standing`, `complete`) and that word nobody runs it.
 */
export type SourcePhase =
  /** Rounds of memory are on their way; the guest runs. */
  | 'copying'
  /** The guest stands still, and the last round is on its way: nobody has been asked for the hand-over yet. */
  | 'stopping'
  /** The target has everything; the disk is being given back: a write that was never answered may still be on its way. */
  | 'releasing'
  /** The hand-over may have been asked for, and may have been decided. */
  | 'standing'
  /** The guest is the target's. */
  | 'gone'
  /** The guest stays, and stands still until its disk is its own again. */
  | 'returning'
  /** The guest runs here, as before. */
  | 'back'

export type TargetPhase =
  /** There is room, and some of the memory. */
  | 'incoming'
  /** All of the memory is here. */
  | 'complete'
  /** The guest is this side's, and takes its disk. */
  | 'waking'
  | 'active'
  | 'discarded'

export interface SourceSide {
  readonly role: 'source'
  phase: SourcePhase
  hasDisk: boolean
}

export interface TargetSide {
  readonly role: 'target'
  phase: TargetPhase
}

/** Who decides, the source, the target: by number. */
export const handOverNodes = { control: 0, source: 1, target: 2 } as const

export type SideMessage =
  /** From the source to the target, with the last of the memory; and the answer. */
  | { readonly kind: 'last-round' | 'received' }
  /** From the source to the control plane: the guest stands still, and the target has all. */
  | { readonly kind: 'hand-over' }
  /** The control plane says: handed over; it stays. */
  | { readonly kind: 'finish' | 'cancel' }
  /** To the target, by the source or the control plane: it is yours; nothing comes of it. */
  | { readonly kind: 'activate' | 'discard' }

export type SideInput =
  /** Little enough is left to stop the guest for. */
  | { readonly kind: 'converged' }
  /** The target, the network or the disk did not do their part. */
  | { readonly kind: 'failed' }
  /** It takes too long. */
  | { readonly kind: 'patience-over' }
  /** What came of giving the disk back: nobody can tell whether it was done, when it was not answered. */
  | { readonly kind: 'disk-released' | 'disk-unanswered' }
  /** What came of taking it. */
  | { readonly kind: 'disk-taken' | 'disk-refused' }

/** What the machine around it has to do with the guest. */
export interface SideDeed {
  readonly kind: 'pause' | 'release-disk' | 'take-disk' | 'resume' | 'destroy' | 'run' | 'crash'
}

export type SideEvent = MachineEvent<SideMessage, SideInput>
export type SideEffect = Effect<SideMessage, null, never, SideDeed>

export const beginSource = (): SourceSide => ({ role: 'source', phase: 'copying', hasDisk: true })
export const beginTarget = (): TargetSide => ({ role: 'target', phase: 'incoming' })

/** Whether the guest stands still for the migration. */
export const standsStill = ({ phase }: SourceSide): boolean => phase === 'stopping' || phase === 'releasing' || phase === 'standing' || phase === 'returning'

/** Either side, by its number. What is answered only the process knows how to wait for: it gives the answers as inputs. */
export const sidesMachine: Machine<SourceSide | TargetSide, SideMessage, null, SideInput, never, SideDeed> = {
  boot: ({ id }) => ({ state: id === handOverNodes.source ? beginSource() : beginTarget(), effects: [] }),
  step: (state, event) => (state.role === 'source' ? sourceStep(state, event) : targetStep(state, event)),
  persist: () => null,
}

function sourceStep(side: SourceSide, event: SideEvent): SideEffect[] {
  const what = kindOf(event)
  switch (side.phase) {
    case 'copying':
      if (what === 'converged') return to(side, 'stopping', emit('pause'), send('target', 'last-round'))
      // Nobody has asked for a hand-over: other words than these can only be of an earlier migration.
      if (what === 'failed' || what === 'patience-over' || what === 'cancel') return to(side, 'back')
      return []
    case 'stopping':
      if (what === 'received') {
        // Whatever comes of it, it is not to be relied on from here on.
        side.hasDisk = false
        return to(side, 'releasing', emit('release-disk'))
      }
      return isEnd(what) ? goBack(side) : []
    case 'releasing':
      if (what === 'disk-released') return to(side, 'standing', send('control', 'hand-over'))
      return isEnd(what) || what === 'disk-unanswered' ? goBack(side) : []
    case 'standing':
      if (what === 'finish') return to(side, 'gone', emit('destroy'), send('target', 'activate'))
      // However long it takes: the target may be running it by now.
      return what === 'cancel' ? goBack(side) : []
    case 'returning':
      if (what === 'disk-taken') {
        side.hasDisk = true
        return to(side, 'back', emit('resume'))
      }
      return what === 'disk-refused' ? to(side, 'back', emit('crash')) : []
    case 'gone':
    case 'back':
      return []
  }
}

const isEnd = (what: string): boolean => what === 'failed' || what === 'patience-over' || what === 'cancel'

/** It goes on here, once its disk is its own. */
function goBack(side: SourceSide): SideEffect[] {
  return side.hasDisk ? to(side, 'back', emit('resume')) : to(side, 'returning', emit('take-disk'))
}

function targetStep(side: TargetSide, event: SideEvent): SideEffect[] {
  const what = kindOf(event)
  switch (side.phase) {
    case 'incoming':
      if (what === 'last-round') return to(side, 'complete', send('source', 'received'))
      return what === 'discard' ? to(side, 'discarded') : []
    case 'complete':
      if (what === 'activate') return to(side, 'waking', emit('take-disk'))
      return what === 'discard' ? to(side, 'discarded') : []
    case 'waking':
      if (what === 'disk-taken') return to(side, 'active', emit('run'))
      return what === 'disk-refused' ? to(side, 'discarded', emit('crash')) : []
    case 'active':
    case 'discarded':
      return []
  }
}

function kindOf(event: SideEvent): (SideMessage | SideInput)['kind'] | '' {
  if (event.kind === 'message') return event.message.kind
  return event.kind === 'input' ? event.input.kind : ''
}

function to<Side extends SourceSide | TargetSide>(side: Side, phase: Side['phase'], ...effects: SideEffect[]): SideEffect[] {
  side.phase = phase
  return effects
}

const emit = (kind: SideDeed['kind']): SideEffect => ({ kind: 'emit', event: { kind } })
const send = (to: keyof typeof handOverNodes, kind: SideMessage['kind']): SideEffect => ({
  kind: 'send',
  to: handOverNodes[to],
  message: { kind } as SideMessage,
})
