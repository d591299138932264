import { type Host, invariant, linearizable, ms, NetError, OperationFailed, protocol, s, scenario, system, workload } from '../../../sim/index.js'

/** A register on three replicas that asks majorities, with versions by (counter, client): small, correct enough to storm. */
interface Write {
  readonly value: number
  readonly version: number
}
const Store = protocol<{ put: { req: Write; res: boolean }; get: { req: null; res: Write } }>('store')

export class Replica {
  last: Write = { value: 0, version: 0 }
  static async boot(host: Host): Promise<Replica> {
    const replica = new Replica()
    const bytes = await host.disk.readFile('register').catch((error) => host.exit(`cannot read: ${String(error)}`))
    if (bytes !== null && bytes.length > 0) replica.last = JSON.parse(new TextDecoder().decode(bytes)) as Write
    let writing: Promise<void> = Promise.resolve()
    host.net.serve(Store, {
      get: () => replica.last,
      put: async (write) => {
        const turn = writing.then(async () => {
          if (write.version <= replica.last.version) return
          // An audit trail that nobody reads, and the register itself.
          await host.disk.append('journal', new TextEncoder().encode(`${write.version} ${write.value}\n`))
          await host.disk.sync('journal')
          await host.disk.replace('register', new TextEncoder().encode(JSON.stringify(write)))
          replica.last = write
        })
        writing = turn
        try {
          await turn
        } catch (error) {
          host.exit(`cannot write: ${String(error)}`)
        }
        host.mark('acknowledged')
        return true
      },
    })
    return replica
  }
}

const replicas = ['replica-1', 'replica-2', 'replica-3']

async function majority<T>(calls: Promise<T>[]): Promise<T[]> {
  const answers = await Promise.allSettled(calls)
  const good = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  if (good.length < 2) throw new NetError('timeout', 'no majority answered')
  return good
}

const store = system({
  name: 'register-store',
  roles: { replica: { count: 3, boot: Replica.boot } },
  survives: { down: 1, blackout: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
  targets: { newest: (world) => world.hosts.replica.find((replica) => replica.process?.last.version)?.name },
})

type Op = { readonly f: 'write'; readonly value: number } | { readonly f: 'read' }

export const registerStore = scenario({
  name: 'register-store',
  system: store,
  workload: workload({
    clients: 2,
    generate: (random): Op => (random.int(2) === 0 ? { f: 'write', value: random.int(1_000_000) } : { f: 'read' }),
    perform: async (host, op): Promise<number | boolean> => {
      const seen = await majority(replicas.map((replica) => host.net.call(Store, replica, 'get', null, { timeout: ms(100) }))).catch(() => {
        throw new OperationFailed('no majority to read from')
      })
      const newest = seen.reduce((a, b) => (b.version > a.version ? b : a))
      const write = op.f === 'write' ? { value: op.value, version: (Math.floor(newest.version / 10) + 1) * 10 + Number(host.name.split('-')[1]) } : newest
      await majority(replicas.map((replica) => host.net.call(Store, replica, 'put', write, { timeout: ms(100) })))
      return op.f === 'read' ? newest.value : true
    },
    judge: linearizable('register'),
  }),
  invariants: [
    invariant<typeof store>('versions never fall', () => {
      const highest = new Map<string, number>()
      return (_world, step) => {
        const host = step.stepped
        const replica = host?.process as Replica | undefined
        if (host === null || replica === undefined) return undefined
        const before = highest.get(host.name) ?? 0
        if (replica.last.version < before) return `${host.name} fell from version ${before} to ${replica.last.version}`
        highest.set(host.name, replica.last.version)
        return undefined
      }
    }),
  ],
  faults: { strategy: 'random' },
  duration: s(5),
  healAt: s(4),
})
