import type { Model } from '../../../sim/check/model.js'
import { type FenceMessage, type FenceState, fenceMachine, fenceNodes } from '../../../systems/orchestrator/control/fencing.js'
import { fenceWait, type LeaseMessage, type LeaseState, leaseMachine, storageNode } from '../../../systems/orchestrator/lease/lease-machine.js'
import type { SessionState, StorageApi, StorageClient } from '../../../systems/orchestrator/storage/storage-api.js'
import { StorageState } from '../../../systems/orchestrator/storage/storage-state.js'

export interface LeaseBounds {
  /** Of the watchdog, in ticks: how long a yes of the storage lasts. */
  readonly patience: number
  /** Ticks in all. */
  readonly ticks: number
  /** Ticks that the machine's clock may come to be behind. A crystal may be wrong by a tenth. */
  readonly drift: number
}

interface State {
  readonly now: number
  /** The machine's clock is so much behind. */
  readonly lag: number
  /** The machine stands still: it executes nothing, and hears nothing. */
  readonly isStill: boolean
  readonly lease: LeaseState
  /** Between the machine and the storage, one at a time. */
  readonly asked: LeaseMessage | null
  readonly answer: LeaseMessage | null
  /** As it is journalled. */
  readonly storage: unknown
  readonly control: 'trusts' | 'has-lost' | 'has-fenced' | 'runs-it-elsewhere'
  readonly fence: FenceState
  readonly block: 'asked' | SessionState | null
  readonly power: 'asked' | 'off' | null
  /** A write of the guest is on its way. */
  readonly isWriting: boolean
  /** The storage took a write of the guest after it was started elsewhere. */
  readonly wroteLate: boolean
}

export type LeaseAction =
  | 'tick'
  | 'clock falls behind'
  | 'machine stands still'
  | 'machine goes on'
  | 'machine asks'
  | 'storage answers the machine'
  | 'machine hears'
  | 'answer is lost'
  | 'guest writes'
  | 'write arrives'
  | 'control loses the host'
  | 'control tries to fence'
  | 'storage blocks'
  | 'control hears that it is blocked'
  | 'power goes off'
  | 'control hears that the power is off'
  | 'fencing is not answered'
  | 'control starts it elsewhere'

const life = 1
const session = 1_001
const here: StorageClient = { machine: 'machine-1', session, instance: 1 }
const elsewhere: StorageClient = { machine: 'machine-2', session: 2_001, instance: 1 }

/**
 * A machine's lease, its fencing and the storage between them, with time: the Machines that the processes drive, and the storage's state as it is. At every tick, in
 * any order, with anything lost: the guest never runs twice, and what was fenced writes nothing.
 */
export function leaseModel({ patience, ticks, drift }: LeaseBounds): Model<State, LeaseAction> {
  const lease = leaseMachine(patience, life)
  const fence = fenceMachine(fenceWait(patience))
  const executes = ({ lease: { session: own, isFed }, isStill }: State) => own === session && isFed && !isStill

  /** With the lease after what is done to it; the machine looks at its clock first and last. */
  const atMachine = (state: State, act: (own: LeaseState) => void = () => {}): State => {
    const own = { ...state.lease }
    const look = () => lease.step(own, { kind: 'input', input: { kind: 'look', now: state.now - state.lag } })
    look()
    act(own)
    look()
    return { ...state, lease: own }
  }

  const atStorage = <K extends Parameters<StorageState['perform']>[0]>(
    state: State,
    ...changes: readonly (readonly [K, StorageApi[K]['req']])[]
  ): { readonly storage: unknown; readonly answer: StorageApi[K]['res']; readonly known: StorageState } => {
    const known = new StorageState()
    known.decode(state.storage)
    let answer: StorageApi[K]['res'] | undefined
    for (const [method, request] of changes) answer = known.perform(method, request)
    return { storage: known.encode(), answer: answer as StorageApi[K]['res'], known }
  }

  const fenced = (state: State, own: FenceState, effects: ReturnType<typeof fence.step>): State => {
    const [effect] = effects
    const power = effect?.kind === 'send' && effect.to === fenceNodes.machine ? 'asked' : null
    return { ...state, fence: own, block: null, power, control: effect?.kind === 'emit' ? 'has-fenced' : state.control }
  }

  const tellFence = (state: State, message: FenceMessage): State => {
    const own = structuredClone(state.fence)
    return fenced(state, own, fence.step(own, { kind: 'message', from: 0, message }))
  }

  const moves: Readonly<Record<LeaseAction, (state: State) => State | null>> = {
    tick: (state) => {
      if (state.now >= ticks) return null
      const later = { ...state, now: state.now + 1 }
      return state.isStill ? later : atMachine(later)
    },
    'clock falls behind': (state) => (state.lag < drift ? { ...state, lag: state.lag + 1 } : null),
    'machine stands still': (state) => (state.isStill ? null : { ...state, isStill: true }),
    'machine goes on': (state) => (state.isStill ? atMachine({ ...state, isStill: false }) : null),
    'machine asks': (state) => {
      if (state.isStill || state.asked !== null || state.answer !== null) return null
      let asked: LeaseMessage | null = null
      const next = atMachine(state, (own) => {
        const [effect] = lease.step(own, { kind: 'input', input: { kind: 'keep-alive', now: state.now - state.lag } })
        if (effect?.kind === 'send') asked = effect.message
      })
      // A life after the guest's is of no interest.
      return (asked as LeaseMessage | null)?.session === session ? { ...next, asked } : null
    },
    'storage answers the machine': (state) => {
      const { asked } = state
      if (asked?.kind !== 'ask') return null
      const opened = { machine: here.machine, session: asked.session }
      const { storage, known } = asked.isNew
        ? atStorage(state, ['openSession', opened], ['open', { image: 'vm-1', client: here, generation: 1 }])
        : { storage: state.storage, known: atStorage(state).known }
      return { ...state, storage, asked: null, answer: { ...asked, kind: 'answer', state: known.stateOf(opened) } }
    },
    'machine hears': (state) => {
      const { answer } = state
      if (answer === null || state.isStill) return null
      return { ...atMachine(state, (own) => void lease.step(own, { kind: 'message', from: storageNode, message: answer })), answer: null }
    },
    'answer is lost': (state) => (state.asked === null && state.answer === null ? null : { ...state, asked: null, answer: null }),
    'guest writes': (state) => (executes(state) && !state.isWriting ? { ...state, isWriting: true } : null),
    'write arrives': (state) => {
      if (!state.isWriting) return null
      const { storage, answer } = atStorage(state, ['write', { image: 'vm-1', client: here, generation: 1, block: 0, value: 1 }])
      return { ...state, storage, isWriting: false, wroteLate: state.wroteLate || (state.control === 'runs-it-elsewhere' && answer.kind === 'ok') }
    },
    'control loses the host': (state) => (state.control === 'trusts' && state.lease.session !== null ? { ...state, control: 'has-lost' } : null),
    'control tries to fence': (state) => {
      if (state.control !== 'has-lost' || state.block !== null || state.power !== null) return null
      const own = structuredClone(state.fence)
      const [effect] = fence.step(own, { kind: 'input', input: { kind: 'try' } })
      return { ...state, fence: own, block: effect?.kind === 'send' && effect.to === fenceNodes.storage ? 'asked' : null }
    },
    'storage blocks': (state) => {
      if (state.block !== 'asked') return null
      const { storage, answer } = atStorage(state, ['blocklist', { machine: here.machine, session }])
      return { ...state, storage, block: answer.kind }
    },
    'control hears that it is blocked': (state) =>
      state.block === null || state.block === 'asked' ? null : tellFence(state, { kind: 'answer', state: state.block, at: state.now }),
    'power goes off': (state) =>
      state.power !== 'asked' || state.isStill || state.lease.session !== session
        ? null
        : { ...atMachine(state, (own) => void lease.step(own, { kind: 'input', input: { kind: 'end', why: 'power' } })), power: 'off' },
    'control hears that the power is off': (state) => (state.power === 'off' ? tellFence(state, { kind: 'off', at: state.now }) : null),
    'fencing is not answered': (state) => (state.block === null && state.power === null ? null : { ...state, block: null, power: null }),
    'control starts it elsewhere': (state) => {
      if (state.control !== 'has-fenced') return null
      const by = { client: elsewhere, generation: 2 }
      const { storage } = atStorage(
        state,
        ['openSession', { machine: elsewhere.machine, session: elsewhere.session }],
        ['breakLock', { image: 'vm-1', held: { client: here, generation: 1 }, by }],
        ['open', { image: 'vm-1', client: elsewhere, generation: 2 }],
      )
      return { ...state, storage, control: 'runs-it-elsewhere' }
    },
  }
  const actions = Object.keys(moves) as LeaseAction[]

  return {
    initial: () => [
      {
        now: 0,
        lag: 0,
        isStill: false,
        lease: lease.boot({ id: 1, peers: [] }, null).state,
        asked: null,
        answer: null,
        storage: new StorageState().encode(),
        control: 'trusts',
        fence: fence.boot({ id: 2, peers: [] }, null).state,
        block: null,
        power: null,
        isWriting: false,
        wroteLate: false,
      },
    ],
    actions: () => actions,
    next: (state, action) => moves[action](state),
    properties: [
      { name: 'AtMostOneRunning', kind: 'always', holds: (state) => !(state.control === 'runs-it-elsewhere' && executes(state)) },
      { name: 'SingleDiskWriter', kind: 'always', holds: ({ wroteLate }) => !wroteLate },
      { name: 'the machine runs it', kind: 'sometimes', holds: executes },
      { name: 'it runs elsewhere', kind: 'sometimes', holds: ({ control }) => control === 'runs-it-elsewhere' },
      {
        name: 'it is fenced by time alone',
        kind: 'sometimes',
        holds: ({ control, lease: { session: own, isFed }, isStill }) => control === 'has-fenced' && own === session && !isFed && !isStill,
      },
    ],
    describe: (action) => action,
  }
}
