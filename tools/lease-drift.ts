/**
 * How far beyond the declared bound clocks have to drift, or for how long a leader's clock has to stand still, for a read by a lease to be seen to be stale:
 * `npx tsx tools/lease-drift.ts`. Exits with 1 when one is seen within the bound, or none beyond it.
 */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { raftInvariants } from '../invariants/raft/index.js'
import { mapClients, mapGroup } from '../scenarios/raft-map.js'
import { driftBoundPpm, driftPpm, standstillMillis } from '../scenarios/raft-reads.scenario.js'
import {
  type Host,
  type HostName,
  ms,
  type Nanos,
  OperationFailed,
  type Simulation,
  SimulationFailed,
  s,
  scenario,
  simulate,
  system,
  us,
  workload,
} from '../sim/index.js'
import { rootKey } from '../sim/kernel/root-key.js'
import { Stream } from '../sim/kernel/stream.js'
import { type MapAnswer, MapMember, mapApi } from '../systems/raft/replicated-map.js'

type Op = { readonly f: 'get'; readonly key: string } | { readonly f: 'put'; readonly key: string; readonly value: number }

/** Of the leader's clock; those of the others are off by `ppm` in the other direction. */
export interface ClockError {
  readonly ppm: number
  readonly standstill?: Nanos
}

/** By what a stale read is looked for: the group's invariants, or clients' histories alone. */
export type Witness = 'invariants' | 'history'

/**
 * Cuts the leader off, again and again, and goes on reading from it while others write: its clock runs slow by so much, those of the others fast, the worst that
 * there is, and it stands still from then on for a while. Answers the check that saw a stale read, if any did.
 */
export async function staleRead({ ppm, standstill = 0 }: ClockError, seed: string, witness: Witness, cuts = 20): Promise<string | undefined> {
  const whom: { reader: HostName; writers: readonly HostName[] } = { reader: 'member-1', writers: [] }
  await using group = await simulate(leased(whom, witness), { seed, faults: 'none' })
  const random = Stream.of(rootKey(seed), 0)
  try {
    for (let cut = 0; cut < cuts; cut++) await cutOff(group, whom, { ppm, standstill }, random)
    const { violation } = await group.finish()
    return violation?.check
  } catch (error) {
    if (error instanceof SimulationFailed) return error.violation.check
    throw error
  }
}

async function cutOff(
  group: Simulation<{ member: MapMember }>,
  whom: { reader: HostName; writers: readonly HostName[] },
  { ppm, standstill }: Required<ClockError>,
  random: Stream,
): Promise<void> {
  const members = group.world.hosts.member
  const leader = () => members.find(({ process }) => process?.node.isLeader && members.every((other) => other.process?.node.leader === process.node.leader))
  await group.until(() => leader() !== undefined, { within: s(5) })
  const reader = (leader() as { name: HostName }).name
  whom.reader = reader
  whom.writers = members.map(({ name }) => name).filter((name) => name !== reader)
  const drift = (host: HostName, by: number) => group.inject({ kind: 'clock.drift', site: host, args: { ppm: by, forNanos: null } })
  drift(reader, -ppm)
  for (const host of whom.writers) drift(host, ppm)
  await group.advance(ms(100) + random.int(ms(50)))
  if (standstill > 0) group.inject({ kind: 'clock.freeze', site: reader, args: { forNanos: standstill } })
  group.partition([reader, 'client-1'], [...whom.writers, 'client-2'])
  await group.advance(ms(250))
  group.heal()
}

/** One client that reads from one member, and one that writes to the others, on a group that answers reads by leases. */
function leased(whom: { readonly reader: HostName; readonly writers: readonly HostName[] }, witness: Witness) {
  return scenario({
    name: 'lease-drift',
    system: system<{ member: MapMember }>({
      name: 'lease-drift',
      roles: { member: { count: 5, boot: (host: Host) => MapMember.boot(host), config: () => ({ leaseReadsDriftPpm: driftBoundPpm }) } },
      survives: { down: 1 },
    }),
    workload: workload<Op, unknown>({
      clients: 2,
      generate: (_random, client, index) => (client === 1 ? { f: 'get', key: 'a' } : { f: 'put', key: 'a', value: 1 + index }),
      perform: (host, op) =>
        op.f === 'get' ? answered(host.net.call(mapApi, whom.reader, 'read', { key: op.key }, { timeout: ms(20) })) : write(host, op, whom.writers),
      think: () => us(200),
      ...(witness === 'history' ? { judge: mapClients.judge as never } : {}),
    }),
    invariants: witness === 'history' ? [] : raftInvariants<{ member: MapMember }>(mapGroup()),
    faults: { strategy: 'none' },
    duration: s(600),
    healAt: s(600),
  })
}

async function answered<Result>(answer: Promise<MapAnswer<Result>>): Promise<Result> {
  const { kind, ...rest } = await answer
  if (kind !== 'ok') throw new OperationFailed(kind)
  return (rest as { result: Result }).result
}

/** To one of them, which refuses it unless it leads: those that are asked in vain are not asked twice. */
async function write(host: Host, { key, value }: Op & { f: 'put' }, writers: readonly HostName[]): Promise<boolean> {
  const to = host.random.pick(writers.length > 0 ? writers : (host.peers.member as readonly HostName[]))
  const answer = await host.net.call(mapApi, to, 'update', { f: 'put', key, value, ballast: 0 }, { timeout: ms(20) })
  if (answer.kind === 'unknown') return false
  if (answer.kind !== 'ok') throw new OperationFailed(answer.kind)
  return answer.result
}

const beyond = [0, 2_000, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000] as const
/** With clocks that drift as in the scenario. The first is within the bound. */
const standstills = [standstillMillis, 12, 15, 20, 40, 80] as const

interface Row {
  readonly name: string
  readonly error: ClockError
  readonly place: 'within' | 'beyond' | 'last'
}

const rows: readonly Row[] = [
  ...beyond.map((more): Row => {
    const name = `clocks off by ${driftBoundPpm + more} ppm`
    return { name, error: { ppm: driftBoundPpm + more }, place: more === 0 ? 'within' : more === beyond.at(-1) ? 'last' : 'beyond' }
  }),
  ...standstills.map((millis): Row => {
    const name = `by ${driftPpm} ppm, still for ${millis} ms`
    const place = millis === standstillMillis ? 'within' : millis === standstills.at(-1) ? 'last' : 'beyond'
    return { name, error: { ppm: driftPpm, standstill: ms(millis) }, place }
  }),
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await new Command('lease-drift')
    .description('looks for stale reads by leases under clocks that are more and more wrong')
    .option('--seeds <n>', 'so many for each row and witness', Number, 40)
    .option('--first-seed <n>', 'the first seed', Number, 1)
    .action(async ({ seeds, firstSeed }: { readonly seeds: number; readonly firstSeed: number }) => {
      process.stdout.write(`${''.padEnd(34)}  bound   ${'invariants: seeds, first'.padStart(30)}  ${'history: seeds, first'.padStart(30)}\n`)
      let isRight = true
      for (const { name, error, place } of rows) {
        const cells: string[] = []
        for (const witness of ['invariants', 'history'] as const) {
          const found: { seed: number; check: string }[] = []
          for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
            const check = await staleRead(error, String(seed), witness)
            if (check !== undefined) found.push({ seed, check })
          }
          if (place === 'within' ? found.length > 0 : place === 'last' && found.length === 0) isRight = false
          const checks = [...new Set(found.map(({ check }) => check))].join(', ')
          cells.push(`${found.length} of ${seeds}${found[0] === undefined ? '' : `, ${found[0].seed} (${checks})`}`)
        }
        process.stdout.write(`${name.padEnd(34)}  ${place === 'within' ? 'within' : 'beyond'}  ${cells.map((cell) => cell.padStart(30)).join('  ')}\n`)
      }
      process.exitCode = isRight ? 0 : 1
    })
    .parseAsync()
}
