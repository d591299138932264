import { type Drawn, drawnMillis, type FaultDefinition, type FaultWorld } from '../../sim/index.js'

/** A machine and its agent lose sight of the control plane, and keep the storage. */
export const cutFromControl = cut(
  'vm.cut-control',
  'a machine and its agent cannot reach the control plane, but can reach the storage',
  ['machine', 'agent'],
  ['control'],
)

/** A machine loses sight of the storage, and its agent keeps the control plane. */
export const cutFromStorage = cut('vm.cut-storage', 'a machine cannot reach the storage; its agent reaches the control plane', ['machine'], ['storage'])

/** A machine loses sight of its own agent: a hypervisor that does not answer. */
export const cutFromAgent = cut('vm.cut-agent', 'an agent and its machine cannot reach each other', ['machine'], ['agent'])

/** `ours`: roles whose hosts of one number are cut from all hosts of `theirs` (their own agent only, where it is the agent). */
function cut(kind: string, meaning: string, ours: readonly string[], theirs: readonly string[]): FaultDefinition {
  return {
    kind,
    meaning,
    options: {
      everyMillis: { min: 1_500, max: 8_000, log: true, why: 'mean time between two' },
      lastsMillis: { min: 500, max: 9_000, log: true, why: 'the longest that one lasts' },
      oneWayPercent: { min: 0, max: 50, why: 'of them, those in which only what the machine sends is lost' },
    },
    isSurvivable: () => true,
    draw(world, random): Drawn | null {
      const machines = world.systemHosts.filter(({ role }) => role === 'machine')
      if (machines.length === 0) return null
      const { name } = random.pick(machines)
      const isOneWay = random.int(100) < world.option(`${kind}.oneWayPercent`)
      return { site: name, args: { isOneWay, forNanos: drawnMillis(random, world.option(`${kind}.lastsMillis`)) }, takes: [] }
    },
    apply(world, injection) {
      const pairs = pairsOf(world, injection.site, ours, theirs)
      if (pairs.length === 0) return false
      const { isOneWay, forNanos } = injection.args as { isOneWay: boolean; forNanos: number | null }
      const links = world.linksBetween(isOneWay ? pairs : [...pairs, ...pairs.map(([from, to]): (typeof pairs)[number] => [to, from])])
      world.network.cut(links)
      const endWatch = world.watchHeld(links, 'cut', injection)
      world.untilHealed(
        () => {
          endWatch()
          world.network.mend(links)
        },
        forNanos,
        `net.${kind} ends ${injection.site}`,
      )
      world.count('cuts')
      return true
    },
  }
}

type SimulatedHost = FaultWorld['systemHosts'][number]

function pairsOf(world: FaultWorld, machine: string, ours: readonly string[], theirs: readonly string[]): (readonly [SimulatedHost, SimulatedHost])[] {
  const number = machine.split('-')[1]
  const cutOff = world.systemHosts.filter(({ name, role }) => ours.includes(role) && name.endsWith(`-${number}`))
  const from = world.systemHosts.filter(({ name, role }) => theirs.includes(role) && (role !== 'agent' || name.endsWith(`-${number}`)))
  return cutOff.flatMap((one) => from.map((other) => [one, other] as const))
}
