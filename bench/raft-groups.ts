import scenario from '../scenarios/raft-many-groups.scenario.js'
import { ms, type Random, type Simulation, s, simulate, workload } from '../sim/index.js'
import type { MapStore } from '../systems/raft/many-maps.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'

type Roles = { store: MapStore }

const groups = 1_000
const options = { groups, busyGroups: groups, restAfterHeartbeats: 3, walSegmentBytes: 65_536, compactAfterEntries: 500, ballastBytes: 10, thinkMicros: 1 }
const seconds = 2

/** A thousand groups of three on five hosts: all asked some ten times a second, and none asked by anybody. No faults, no invariants. */
export const raftGroupMeasures: readonly Measure[] = [
  { name: 'raft/1000-groups-busy', unit: 'virtual s/wall s', run: async () => seconds / (await busy()) },
  { name: 'raft/1000-groups-idle', unit: '% of the time of busy ones', run: async () => ((await idle()) / (await busy())) * 100 },
]

async function busy(): Promise<number> {
  const clients = workload({
    ...(scenario.workload as object as Parameters<typeof workload>[0]),
    clients: 200,
    generate: (random: Random, client: number, index: number) => ({
      f: 'put',
      key: `g${(client * 5 + index) % groups}/k0`,
      value: random.int(1_000),
      ballast: 10,
    }),
    think: (random: Random) => ms(10) + random.int(ms(20)),
  } as Parameters<typeof workload>[0])
  await using simulation = await start({ ...scenario, workload: clients as never }, true)
  const committed = () => nodes(simulation).reduce((sum, node) => sum + node.commit, 0)
  const before = committed()
  const wall = await secondsOf(() => simulation.advance(s(seconds)))
  if (committed() - before < 3 * 5 * groups * seconds) throw new Error('busy groups are to commit at least five entries a second each')
  return wall
}

async function idle(): Promise<number> {
  await using simulation = await start(scenario, false)
  await reach(simulation, (all) => all.every(({ machineState }) => machineState.isResting))
  const wall = await secondsOf(() => simulation.advance(s(seconds)))
  assertEqual(nodes(simulation).filter(({ machineState }) => machineState.isResting).length, 3 * groups, 'members at rest')
  return wall
}

async function start(given: typeof scenario, clients: boolean): Promise<Simulation<Roles>> {
  const simulation = await simulate<Roles, never, never>(given as never, { seed: '1', faults: 'none', clients, invariants: false, options })
  await reach(simulation, (all) => all.filter((node) => node.isLeader && node.commit > 0).length === groups)
  return simulation
}

/** Looks now and then: three thousand members are too many to be looked at after every step. */
async function reach(simulation: Simulation<Roles>, holds: (all: ReturnType<typeof nodes>) => boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    await simulation.advance(ms(100))
    if (holds(nodes(simulation))) return
  }
  throw new Error('the groups do not come to where the measure begins')
}

const nodes = ({ world }: Simulation<Roles>) => world.hosts.store.flatMap(({ process }) => process?.store.nodes ?? [])
