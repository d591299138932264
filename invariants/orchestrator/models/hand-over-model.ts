import type { Effect, Machine, MachineEvent } from '../../../sim/check/machine.js'
import { type MachineAction, type MachineView, machineModel } from '../../../sim/check/machine-model.js'
import type { MachineHarness, MachineInvariants, MachineNode, MachineStep } from '../../../sim/check/machine-node.js'
import type { SpaceModel } from '../../../sim/check/model.js'
import { decideHandOver, type HandOverGround } from '../../../systems/orchestrator/migration/hand-over.js'
import {
  beginSource,
  beginTarget,
  handOverNodes,
  type SideDeed,
  type SideInput,
  type SideMessage,
  type SourceSide,
  sidesMachine,
  standsStill,
  type TargetSide,
} from '../../../systems/orchestrator/migration/sides.js'

/** The control plane: whose the VM is, and which lives of the two machines it knows. */
interface Control {
  readonly role: 'control'
  ground: HandOverGround
  sessions: Record<'source' | 'target', number>
  saves: number
}

/** A machine in one of its lives. */
interface Party {
  readonly role: 'source' | 'target'
  readonly session: number
  /** Of the migration; null: it began anew since, or the guest was stopped. */
  side: SourceSide | TargetSide | null
  /** The guest was booted here after a life in which it was to be here. */
  isBooted: boolean
}

type State = Control | Party
type Message =
  /** `session`: of whom it is for. */
  | { readonly kind: SideMessage['kind']; readonly session: number }
  | { readonly kind: 'join'; readonly session: number }
  /** The guest is this machine's, to be booted; nothing of it is this machine's. */
  | { readonly kind: 'start' | 'stop'; readonly session: number }
type Input = SideInput | { readonly kind: 'assign' | 'abort' }
type Durable = { readonly session: number; readonly control: Pick<Control, 'ground' | 'sessions'> | null }
type Saved = Pick<Control, 'ground' | 'sessions'>
type Node = MachineNode<State, Message, Durable, Input, Saved>

export interface HandOverBounds {
  /** Of each machine, and of the control plane. */
  readonly crashes: number
  /** Of the world: rounds that end, patience that is over, disks that do not answer, assignments that are told, orders to stay. */
  readonly inputs: number
  /** Deliveries that leave their message in the network. */
  readonly duplicates: number
}

/**
 * A migration with everything that may happen to it: the sides as a machine drives them, the decision as the control plane makes it, any order of messages, any of
 * them lost or told twice, and every crash. A machine that crashed comes back in a later life and says so.
 */
export function handOverModel(bounds: HandOverBounds): SpaceModel<MachineView<object, State, Message, Durable, Input, Saved>, MachineAction<Message, Input>> {
  return machineModel<object, State, Message, Durable, Input, Saved, SideDeed>(harness(bounds.inputs), invariants, {
    nodes: 3,
    network: 'unordered',
    duplicates: bounds.duplicates,
    crashes: bounds.crashes * 3,
    crashesEach: bounds.crashes,
    properties: [
      { name: 'the target runs it', kind: 'sometimes', of: 'system', holds: ({ nodes }) => executes(nodes[handOverNodes.target] as Node) },
      { name: 'it comes back', kind: 'sometimes', of: 'system', holds: ({ nodes }) => sideOf(nodes[handOverNodes.source] as Node)?.phase === 'back' },
    ],
  })
}

const first: Saved = {
  ground: { host: 'source', session: 1, generation: 1, migration: { id: 1, target: 'target', targetSession: 1, phase: 'copying' } },
  sessions: { source: 1, target: 1 },
}

const machine: Machine<State, Message, Durable, Input, Saved, SideDeed> = {
  boot: ({ id }, durable) => {
    if (id === handOverNodes.control) return { state: { role: 'control', ...(durable?.control ?? first), saves: 0 }, effects: [] }
    const role = id === handOverNodes.source ? 'source' : 'target'
    const session = durable?.session ?? 1
    if (session > 1) return { state: { role, session, side: null, isBooted: false }, effects: [sent('control', { kind: 'join', session })] }
    return { state: { role, session, side: role === 'source' ? beginSource() : beginTarget(), isBooted: false }, effects: [] }
  },
  step: (state, event) => (state.role === 'control' ? decide(state, event) : act(state, event)),
  persist: (durable, change) => ({ session: durable?.session ?? 1, control: change }),
}

function act(state: Party, event: MachineEvent<Message, Input>): Effect<Message, Durable, Saved, SideDeed>[] {
  if (event.kind === 'message') {
    // Orders and pages of an earlier life are refused.
    if (event.message.session !== state.session) return []
    if (event.message.kind === 'stop') {
      state.side = null
      state.isBooted = false
      return []
    }
    if (event.message.kind === 'start') {
      state.isBooted = true
      return []
    }
  }
  if (state.side === null) return []
  const effects = sidesMachine.step(state.side, event as MachineEvent<SideMessage, SideInput>)
  return effects.map((effect) => {
    if (effect.kind !== 'send') return effect as Effect<Message, Durable, Saved, SideDeed>
    // To the control plane a machine names its own life; to the other machine the life that the migration is for.
    return { ...effect, message: { kind: effect.message.kind, session: effect.to === handOverNodes.control ? state.session : 1 } }
  })
}

function decide(state: Control, event: MachineEvent<Message, Input>): Effect<Message, Durable, Saved, SideDeed>[] {
  const { ground, sessions } = state
  if (event.kind === 'input') {
    if (event.input.kind === 'assign') return assignments(state)
    return event.input.kind === 'abort' && ground.migration !== null ? save(state, { ground: { ...ground, migration: null }, sessions }) : []
  }
  if (event.kind !== 'message') return []
  const from = event.from === handOverNodes.source ? 'source' : 'target'
  const { kind, session } = event.message
  if (kind === 'join') {
    if (session <= sessions[from]) return assignments(state)
    const known = { ...sessions, [from]: session }
    // With a life everything ends that was in it.
    const isOwner = ground.host === from
    const migration = isOwner || ground.migration?.target === from ? null : ground.migration
    const next = isOwner ? { ...ground, session, generation: ground.generation + 1, migration } : { ...ground, migration }
    return save(state, { ground: next, sessions: known }, isOwner ? sent(from, { kind: 'start', session }) : null)
  }
  if (kind !== 'hand-over') return []
  const decided = decideHandOver(ground, { migration: 1, generation: 1, host: 'source', session }, sessions.target)
  if (decided.kind === 'refused') return []
  return save(state, { ground: { ...decided.owner, migration: null }, sessions }, sent('source', { kind: 'finish', session }))
}

/** What agents are told again and again. */
function assignments({ ground, sessions, saves }: Control): Effect<Message, Durable, Saved, SideDeed>[] {
  // What is not committed is told to nobody.
  const tell = (to: 'source' | 'target', kind: Message['kind']) => sent(to, { kind, session: sessions[to] } as Message, saves)
  if (ground.host === 'target') return [tell('target', ground.generation === 2 && ground.session === 1 ? 'activate' : 'start'), tell('source', 'stop')]
  if (ground.migration !== null) return []
  return [tell('source', ground.generation === 1 ? 'cancel' : 'start'), tell('target', 'discard')]
}

function save(state: Control, change: Saved, reply: Effect<Message, Durable, Saved, SideDeed> | null = null): Effect<Message, Durable, Saved, SideDeed>[] {
  state.ground = change.ground
  state.sessions = change.sessions
  const token = ++state.saves
  return [{ kind: 'save', token, change }, ...(reply?.kind === 'send' ? [{ ...reply, after: token }] : [])]
}

function sent(to: keyof typeof handOverNodes, message: Message, after = 0): Effect<Message, Durable, Saved, SideDeed> & { readonly kind: 'send' } {
  return { kind: 'send', to: handOverNodes[to], message, ...(after === 0 ? {} : { after }) }
}

const harness = (inputs: number): MachineHarness<State, Message, Durable, Input, Saved, SideDeed> => ({
  machine,
  recover: (durable, incarnation) => ({ session: incarnation, control: durable?.control ?? null }),
  react: (node, { kind }) => {
    if (kind === 'release-disk') node.inputs.push({ kind: 'disk-released' })
    if (kind === 'take-disk') node.inputs.push({ kind: 'disk-taken' })
  },
  offers: (state, ordinal) => (ordinal < inputs ? offers(state).map((kind) => ({ kind }) as Input) : []),
})

function offers(state: State): Input['kind'][] {
  if (state.role === 'control') return state.ground.migration === null ? ['assign'] : ['abort']
  switch (state.side?.phase) {
    case 'copying':
      return ['converged', 'patience-over']
    case 'stopping':
      return ['failed', 'patience-over']
    case 'releasing':
      return ['disk-unanswered', 'patience-over']
    case 'standing':
      return ['patience-over']
    default:
      return []
  }
}

// ---------------------------------------------------------------- what must hold

function sideOf({ state, up }: Node): SourceSide | TargetSide | null {
  return !up || state.role === 'control' ? null : state.side
}

function executes(node: Node): boolean {
  const { state } = node
  // Nodes boot one after the other.
  if (!node.up || state.role === 'control') return false
  const { side } = state
  if (state.isBooted) return true
  if (side === null) return false
  if (side.role === 'target') return side.phase === 'active'
  // Where the disk did not come back it has crashed; where it is the target's it is no more.
  return !standsStill(side) && side.phase !== 'gone' && side.hasDisk
}

type Step = MachineStep<State, Message, Durable, Input, Saved, SideDeed>

const invariants: MachineInvariants<object, State, Message, Durable, Input, Saved, SideDeed> = {
  begin: () => ({}),
  checks: [
    {
      name: 'AtMostOneRunning',
      check: (_, { nodes }: Step) =>
        executes(nodes[handOverNodes.source] as Node) && executes(nodes[handOverNodes.target] as Node) ? 'the guest runs on both sides' : undefined,
    },
    {
      name: 'RunsWhereOwned',
      check: (_, { nodes }: Step) => {
        const control = (nodes[handOverNodes.control] as Node).state as Control
        for (const one of nodes) {
          if (!executes(one) || one.state.role === 'control') continue
          const { host, session } = control.ground
          if (host !== one.state.role || session !== one.state.session)
            return `it runs on the ${one.state.role} in life ${one.state.session}, and is the ${host}'s`
        }
        return undefined
      },
    },
  ],
}
