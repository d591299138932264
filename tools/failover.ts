/**
 * How long the stock Raft group is without a leader when it loses one: `npx tsx tools/failover.ts --trials 10000`. Exits with 1 when less than 99% of the trials
 * are over within 300 ms of virtual time.
 */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import raft from '../scenarios/raft.scenario.js'
import { type HostName, ms, type Nanos, type Simulation, s, simulate } from '../sim/index.js'
import { rootKey } from '../sim/kernel/root-key.js'
import { Stream } from '../sim/kernel/stream.js'
import type { MapMember } from '../systems/raft/replicated-map.js'

/** How a leader is lost. None of them says a word to the others. */
export const losses = ['crash', 'power loss', 'partition', 'pause'] as const
export type Loss = (typeof losses)[number]

export interface Failover {
  readonly loss: Loss
  /** From the loss to the step in which another member leads. */
  readonly nanos: Nanos
  /** Terms in between that nobody came to lead. */
  readonly splitVotes: number
}

type Group = Simulation<{ member: MapMember }>

const bound = ms(300)
const trialsOfASimulation = 100

/** Loses so many leaders of five members on a LAN, a hundred in each simulation; the losses take turns. The disks' speed is drawn for each simulation. */
export async function failovers(trials: number, firstSeed = 1): Promise<Failover[]> {
  const found: Failover[] = []
  for (let seed = firstSeed; found.length < trials; seed++) {
    await using group = await simulate(raft, { seed: String(seed), faults: 'none', clients: false })
    const random = Stream.of(rootKey(String(seed)), 0)
    const last = Math.min(trials, found.length + trialsOfASimulation)
    while (found.length < last) found.push(await loseLeader(group, losses[found.length % losses.length] as Loss, random))
  }
  return found
}

async function loseLeader(group: Group, loss: Loss, random: Stream): Promise<Failover> {
  const lost = await untilAllFollow(group)
  await group.advance(ms(100) + random.int(ms(200)))
  const { term } = nodeOf(group, lost)
  const at = group.world.now
  const others = group.world.hosts.member.map(({ name }) => name).filter((name) => name !== lost)
  if (loss === 'crash') group.crash(lost)
  else if (loss === 'power loss') group.powerLoss(lost)
  else if (loss === 'pause') group.pause(lost)
  else group.partition([lost], others)
  const next = () => others.find((name) => group.world.hosts.member.find((host) => host.name === name)?.process?.node.isLeader)
  await group.until(() => next() !== undefined, { within: s(10) })
  const nanos = group.world.now - at
  const splitVotes = nodeOf(group, next() as HostName).term - term - 1
  if (loss === 'pause') group.resume(lost)
  else if (loss === 'partition') group.heal()
  else group.restart(lost)
  return { loss, nanos, splitVotes }
}

/** Until all members are up and follow one of them: answers whom. */
async function untilAllFollow(group: Group): Promise<HostName> {
  const members = group.world.hosts.member
  const leader = () => {
    const [first, ...others] = members.map(({ process }) => process?.node)
    const name = first?.leader
    return name !== undefined && others.every((node) => node?.leader === name) && nodeOf(group, name).isLeader ? name : undefined
  }
  await group.until(() => leader() !== undefined, { within: s(10) })
  return leader() as HostName
}

function nodeOf(group: Group, name: HostName): MapMember['node'] {
  const member = group.world.hosts.member.find((host) => host.name === name)?.process
  if (member === undefined) throw new Error(`${name} is not up`)
  return member.node
}

/** The share that is over within 300 ms. */
export function shareInTime(found: readonly Failover[]): number {
  return found.filter(({ nanos }) => nanos <= bound).length / found.length
}

/** A row for each way to lose a leader and one for all; a histogram; a row for each number of split votes. */
export function failoverTable(found: readonly Failover[]): string {
  const row = (name: string, chosen: readonly Failover[]): string => {
    if (chosen.length === 0) return ''
    const sorted = chosen.map(({ nanos }) => nanos).sort((a, b) => a - b)
    const at = (perMille: number) => millis(sorted[Math.min(sorted.length - 1, Math.ceil((perMille * sorted.length) / 1_000) - 1)] as number)
    const cells = [count(chosen.length), at(1), at(500), at(900), at(990), at(999), at(1_000), percent(shareInTime(chosen))]
    return `${name.padEnd(12)}${cells.map((cell) => cell.padStart(10)).join('')}\n`
  }
  const head = `${'lost by'.padEnd(12)}${['trials', 'least', 'p50', 'p90', 'p99', 'p99.9', 'max', '≤ 300 ms'].map((cell) => cell.padStart(10)).join('')}\n`
  const byLoss = losses.map((loss) =>
    row(
      loss,
      found.filter((each) => each.loss === loss),
    ),
  )
  return `${head}${byLoss.join('')}${row('all', found)}\n${histogram(found)}\n${splits(found)}`
}

function histogram(found: readonly Failover[]): string {
  const width = ms(20)
  const bars: number[] = []
  for (const { nanos } of found) {
    const at = Math.floor(nanos / width)
    while (bars.length <= at) bars.push(0)
    bars[at] = (bars[at] as number) + 1
  }
  const most = Math.max(...bars)
  const lines = bars.map(
    (times, at) =>
      `${String(20 * at).padStart(4)} to ${String(20 * at + 20).padStart(4)} ms ${count(times).padStart(8)} ${'█'.repeat(Math.ceil((50 * times) / most))}`,
  )
  return `${lines.slice(bars.findIndex((times) => times > 0)).join('\n')}\n`
}

function splits(found: readonly Failover[]): string {
  const most = Math.max(...found.map(({ splitVotes }) => splitVotes))
  const lines = Array.from({ length: most + 1 }, (_, number) => {
    const times = found.filter(({ splitVotes }) => splitVotes === number).length
    return `${String(number).padStart(11)} ${count(times).padStart(9)} ${percent(times / found.length).padStart(9)}`
  })
  return `split votes    trials     share\n${lines.join('\n')}\n`
}

const millis = (nanos: Nanos): string => `${(nanos / 1e6).toFixed(1)} ms`
const percent = (share: number): string => `${(100 * share).toFixed(2)}%`
const count = (number: number): string => number.toLocaleString('en-US')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await new Command('failover')
    .description('loses leaders of the stock Raft group, and prints how long it took to have another')
    .option('--trials <n>', 'so many', Number, 10_000)
    .option('--first-seed <n>', 'the first seed', Number, 1)
    .action(async ({ trials, firstSeed }: { readonly trials: number; readonly firstSeed: number }) => {
      const found = await failovers(trials, firstSeed)
      process.stdout.write(failoverTable(found))
      process.exitCode = shareInTime(found) >= 0.99 ? 0 : 1
    })
    .parseAsync()
}
