import { type Area, type ConformanceCase, isDifference } from './conformance-case.js'

const areas: Readonly<Record<Area, string>> = {
  clock: 'Clock',
  host: 'Host: lives, tasks, randomness',
  protocols: 'Typed protocols',
  connections: 'Connections',
  datagrams: 'Datagram sockets',
  disk: 'Disk',
  objects: 'Object store',
}

/** Differences that no case can show in a moment, or at all. */
const untested: readonly { readonly what: string; readonly simulated: string; readonly real: string; readonly why: string }[] = [
  {
    what: 'monotonic time after a restart',
    simulated: "goes on: it is the machine's",
    real: "begins anew: it is the process's",
    why: 'exact nanoseconds in a number last 104 days; do not keep monotonic times on a disk',
  },
  {
    what: "answers and the answerer's own messages",
    simulated: 'arrive in the order they were sent',
    real: 'may overtake each other',
    why: "each direction between two hosts has a connection of its own: requests and one-way messages keep their order, answers go back on their caller's connection",
  },
  {
    what: 'an answer that is no plain data',
    simulated: 'ends the run: the process crashed',
    real: 'is an error to its caller',
    why: 'a simulation is there to find the mistake, a service to go on serving others',
  },
  {
    what: 'long messages of a `datagram` protocol',
    simulated: 'are lost, repeated and reordered like short ones',
    real: 'above 1,400 bytes go over TCP',
    why: 'a datagram of several packets is lost with any of them; the simulation shows what the protocol must stand',
  },
  {
    what: 'the longest message',
    simulated: 'any',
    real: '64 MiB; a longer one is misuse',
    why: 'a reader must know what to hold in memory',
  },
  {
    what: 'a host that cannot be reached',
    simulated: '`timeout`',
    real: '`unreachable` where the machine says so (no route, no such name), and when 64 MiB wait to be sent there',
    why: 'only a real machine has routes and names; such a request was not sent',
  },
  {
    what: 'a peer that is gone without a word',
    simulated: 'a connection gives up after 25 s of retransmission',
    real: 'Linux gives up after a quarter of an hour; typed protocols after 15 s without an answer to their pings',
    why: 'a run has to see the end of it within its minute',
  },
  {
    what: 'keep-alive periods',
    simulated: 'exact',
    real: 'rounded up to whole seconds',
    why: 'TCP_KEEPIDLE counts seconds',
  },
  {
    what: 'what fits in a connection that nobody reads',
    simulated: '256 KiB on either side',
    real: 'what the machine gives: often some megabytes',
    why: 'Linux sizes its buffers as it goes',
  },
  {
    what: 'an error of a disk that the seam has no word for',
    simulated: 'does not happen',
    real: "`EIO`, with the machine's own error as its cause",
    why: 'a process can do no more about missing permissions than about a broken disk',
  },
  {
    what: 'a property that is broken',
    simulated: 'ends the run as a violation',
    real: 'is logged as an error, `property.broken`',
    why: 'nobody is there to judge',
  },
]

/** The page that `docs/conformance.md` is: every case, and every difference with its reason. */
export function conformancePage(cases: readonly ConformanceCase[]): string {
  const differing = cases.filter(({ seen }) => isDifference(seen))
  const rows = [
    ...differing.map(({ name, seen }) => (isDifference(seen) ? row(name, shown(seen.simulated), shown(seen.real), seen.why) : '')),
    ...untested.map(({ what, simulated, real, why }) => row(what, simulated, real, why)),
  ]
  const sections = (Object.keys(areas) as Area[]).map((area) => {
    const names = cases.filter((subject) => subject.area === area).map(({ name }) => `- ${name}`)
    return `### ${areas[area]}\n\n${names.join('\n')}\n`
  })
  return `# Simulated and real hosts

One suite, [test/conformance](../test/conformance), runs against the simulated host and against the real one: ${cases.length} facts about clocks, typed protocols, connections, datagram sockets, disks and object stores, each written once against the \`Host\` seam. \`npx vitest run test/conformance\` runs both; it also checks that this page says what it checks.

## Where they differ

| what | simulated host | real host | why |
| --- | --- | --- | --- |
${rows.join('\n')}

## What holds on both

${sections.join('\n')}`
}

const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const shown = (seen: readonly unknown[]): string => seen.map((observation) => `\`${String(observation)}\``).join(', ')
