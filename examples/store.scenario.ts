import { type Host, linearizable, ms, protocol, s, scenario, system, workload } from 'seedfall'

/** A register on three replicas behind a gateway. Every write has a version of its own; the higher version wins. */
type Versioned = { readonly value: number; readonly version: number }
const Replica = protocol<{ put: { req: Versioned; res: null }; get: { req: null; res: Versioned } }>('replica')
const Register = protocol<{ write: { req: number; res: null }; read: { req: null; res: number } }>('register')
const newer = (a: Versioned, b: Versioned) => (b.version > a.version ? b : a)

/** Keeps what it is given in a log of lines, and answers once that is durable. */
async function replica(host: Host) {
  const log = new TextDecoder().decode((await host.disk.readFile('log')) ?? new Uint8Array())
  const written = log.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  const state = { newest: written.map((line): Versioned => JSON.parse(line)).reduce(newer, { value: 0, version: 0 }) }
  host.net.serve(Replica, {
    get: () => state.newest,
    put: async (write) => {
      await host.disk.append('log', new TextEncoder().encode(`\n${JSON.stringify(write)}\n`))
      await host.disk.sync('log')
      state.newest = newer(state.newest, write)
      return null
    },
  })
  return state
}

/** The mistake: a read asks one replica, which may have missed the last write. The fix: ask a majority, and tell a majority before answering. */
const gateway = (readsMajority: boolean) => (host: Host) => {
  let writes = 0
  const majority = async <T>(ask: (replica: string) => Promise<T>) => {
    const answers = (await Promise.allSettled(host.peers.replica!.map(ask))).flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (answers.length < 2) throw new Error('no majority')
    return answers
  }
  const get = (from: string) => host.net.call(Replica, from, 'get', null, { timeout: ms(50) })
  const put = (write: Versioned) => majority((to) => host.net.call(Replica, to, 'put', write, { timeout: ms(50) }))
  const newest = async () => (await majority(get)).reduce(newer)
  host.net.serve(Register, {
    write: async (value) => {
      const known = await newest()
      writes = Math.max(writes, Math.floor(known.version / 1_000)) + 1
      await put({ value, version: writes * 1_000 + host.incarnation })
      return null
    },
    read: async () => {
      const known = readsMajority ? await newest() : await get('replica-1')
      if (readsMajority) await put(known)
      return known.value
    },
  })
}

/** Reads and writes of three clients must be explained by one register. */
export const store = (name: string, readsMajority: boolean) => {
  const roles = { replica: { count: 3, boot: replica }, gateway: { count: 1, boot: gateway(readsMajority) } }
  const readsAndWrites = workload({
    clients: 3,
    generate: (random) => (random.int(2) ? { f: 'write' as const, value: random.int(1_000) } : { f: 'read' as const }),
    perform: (host, op): Promise<number | null> =>
      op.f === 'read' ? host.net.call(Register, 'gateway-1', 'read', null) : host.net.call(Register, 'gateway-1', 'write', op.value),
    judge: linearizable('register'),
  })
  const faults = { strategy: 'random', kinds: ['net.delay', 'net.partition', 'process.crash', 'process.pause', 'power.loss', 'disk.lost'] } as const
  const registers = system({ name, roles, survives: { down: 1, blackout: true } })
  return scenario({ name, system: registers, workload: readsAndWrites, invariants: [], faults, duration: s(60), healAt: s(50) })
}

export default store('store', false)
