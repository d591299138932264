import { type Host, ms, type OperationRecord, protocol, s, scenario, system, workload } from 'seedfall'

/** A lock with leases guards a counter: a worker takes the lock, reads the counter, and writes it back one higher. */
const Lock = protocol<{ acquire: { req: null; res: number }; release: { req: number; res: null } }>('lock')
const Counter = protocol<{ read: { req: { token: number }; res: number }; write: { req: { token: number; value: number }; res: null } }>('counter')
const Worker = protocol<{ increment: { req: null; res: number } }>('worker')

/** Grants a lease of 200 ms, under a token that only rises. */
function lockServer(host: Host) {
  const lease = { token: 0, expiresAt: 0 }
  host.net.serve(Lock, {
    acquire: () => {
      if (host.clock.monotonic() < lease.expiresAt) throw new Error('somebody else holds the lock')
      lease.expiresAt = host.clock.monotonic() + ms(200)
      return ++lease.token
    },
    release: (token) => {
      if (token === lease.token) lease.expiresAt = 0
      return null
    },
  })
}

/** The mistake: a holder that was paused until its lease had ended still writes. The fix: refuse a token older than one that was seen. */
const counter = (isFenced: boolean) => (host: Host) => {
  const state = { value: 0, newestToken: 0 }
  host.net.serve(Counter, {
    read: ({ token }) => {
      state.newestToken = Math.max(state.newestToken, token)
      return state.value
    },
    write: ({ token, value }) => {
      if (isFenced && token < state.newestToken) throw new Error('the lease has gone to somebody else')
      state.value = value
      return null
    },
  })
}

function noneTwice(history: readonly OperationRecord<string, number>[]) {
  const counted = new Set<number>()
  const record = history.find(({ outcome }) => outcome.kind === 'ok' && counted.size === counted.add(outcome.result).size)
  return record && { message: `client-${record.client} counted what another client did: an increment is lost`, record }
}

const worker = (host: Host) =>
  host.net.serve(Worker, {
    increment: async () => {
      const token = await host.net.call(Lock, 'lock-1', 'acquire', null)
      const value = (await host.net.call(Counter, 'counter-1', 'read', { token })) + 1
      await host.net.call(Counter, 'counter-1', 'write', { token, value })
      await host.net.call(Lock, 'lock-1', 'release', token)
      return value
    },
  })

export const lock = (name: string, isFenced: boolean) => {
  const roles = { lock: { count: 1, boot: lockServer }, counter: { count: 1, boot: counter(isFenced) }, worker: { count: 3, boot: worker } }
  const locks = system({ name, roles, survives: { down: 1 } })
  const work = workload({
    clients: 3,
    generate: (random) => `worker-${1 + random.int(3)}`,
    perform: (host, to) => host.net.call(Worker, to, 'increment', null),
    judge: noneTwice,
  })
  const faults = { strategy: 'random', kinds: ['process.pause', 'net.delay'] } as const
  return scenario({ name, system: locks, workload: work, invariants: [], faults, duration: s(60), healAt: s(50) })
}
export default lock('lock', false)
