import { type Host, linearizable, ms, OperationFailed, protocol, s, scenario, system, workload } from 'seedfall'

/** A register behind read leases: one server at a time may answer reads from its memory, as long as its clock says that it holds the lease. */
const Store = protocol<{
  acquire: { req: null; res: { token: number; value: number } | null }
  write: { req: { token: number; value: number }; res: boolean }
}>('store')
const Register = protocol<{ read: { req: null; res: number | null }; write: { req: number; res: boolean } }>('register')

const leaseNanos = ms(1_000)
/** What the code believes of every clock: that it gains or loses no more than this on true time. */
const assumedPpm = 200
/** So the lease is used for that much less: the store's clock may be fast, and the holder's slow. */
const usableNanos = leaseNanos - Math.ceil((leaseNanos / 1_000_000) * 2 * assumedPpm)

/** Keeps the value, and grants the lease anew when it has ended by the store's own clock. */
function store(host: Host) {
  const state = { value: 0, token: 0, leaseEnds: 0 }
  host.net.serve(Store, {
    acquire: () => {
      if (host.clock.monotonic() < state.leaseEnds) return null
      state.leaseEnds = host.clock.monotonic() + leaseNanos
      return { token: ++state.token, value: state.value }
    },
    write: ({ token, value }) => {
      if (token !== state.token) return false
      state.value = value
      return true
    },
  })
}

/** Answers reads from its memory and writes through the store, while it holds the lease by its own clock, counted from before it asked. */
function server(host: Host) {
  const held = { token: 0, value: 0, ends: 0 }
  const isHolder = () => host.clock.monotonic() < held.ends
  host.spawn('take turns', async () => {
    for (;;) {
      const ends = host.clock.monotonic() + usableNanos
      const granted = await host.net.call(Store, 'store-1', 'acquire', null)
      if (granted !== null) Object.assign(held, granted, { ends })
      await host.clock.sleep(granted === null ? ms(2) : usableNanos)
    }
  })
  host.net.serve(Register, {
    read: () => (isHolder() ? held.value : null),
    write: async (value) => {
      const { token } = held
      if (!isHolder() || !(await host.net.call(Store, 'store-1', 'write', { token, value }))) return false
      if (token === held.token) held.value = value
      return true
    },
  })
}

type Op = { f: 'read'; server: number } | { f: 'write'; value: number; server: number }

/** `driftPpm`: how much the clocks of this world really gain or lose. */
export const lease = (name: string, driftPpm: number) =>
  scenario({
    name,
    system: system({
      name,
      roles: { store: { count: 1, boot: store }, server: { count: 2, boot: server } },
      survives: { down: 1, clockDriftPpm: driftPpm, clockSkewMillis: 60_000 },
    }),
    workload: workload({
      clients: 4,
      generate: (random): Op => {
        const server = 1 + random.int(2)
        return random.int(4) === 0 ? { f: 'write', value: random.int(1_000_000), server } : { f: 'read', server }
      },
      perform: async (host, op) => {
        const to = `server-${op.server}`
        const answer = op.f === 'read' ? await host.net.call(Register, to, 'read', null) : await host.net.call(Register, to, 'write', op.value)
        if (answer === null || answer === false) throw new OperationFailed(`${to} does not hold the lease`)
        return answer
      },
      judge: linearizable('register'),
    }),
    invariants: [],
    faults: { strategy: 'random', kinds: ['clock.drift', 'clock.skew', 'clock.step', 'process.pause', 'process.slow', 'net.delay'] },
    duration: s(20),
    healAt: s(18),
    options: { thinkMicros: { min: 500, max: 5_000, log: true } },
  })

export default lease('lease', assumedPpm)
