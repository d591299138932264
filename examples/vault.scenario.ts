import { type Host, linearizable, ms, NetError, OperationFailed, protocol, s, scenario, system, workload } from 'seedfall'

/** A map on five replicas, one of whose disks may do anything: decay, write astray, lie about syncs, or come back empty. The higher version wins. */
type Versioned = { readonly value: number | null; readonly version: number }
type Put = Versioned & { readonly key: string }
const Replica = protocol<{ put: { req: Put; res: null }; get: { req: string; res: Versioned } }>('vault-replica')
const nothing: Versioned = { value: null, version: 0 }
const newer = (a: Versioned, b: Versioned) => (b.version > a.version ? b : a)

const checksum = (text: string) => [...text].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 0x0100_0193) >>> 0, 0x811c_9dc5)
const encode = (text: string) => new TextEncoder().encode(`${checksum(text)} ${text}`)

/** What was never written, is damaged or belongs to another key is nothing: whoever asks tells it again. The mistake: to believe what the disk says. */
function decode(bytes: Uint8Array | null, key: string, isChecked: boolean): Versioned {
  const [sum, text = ''] = new TextDecoder().decode(bytes ?? undefined).split(/ (.*)/s)
  if (isChecked && sum !== String(checksum(text))) return nothing
  try {
    const put: Put = JSON.parse(text)
    return put.key === key ? put : nothing
  } catch {
    return nothing
  }
}

/** Reads its disk at every question, and answers a write once it is durable. */
const replica = (isChecked: boolean) => async (host: Host) => {
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = turn.then(task).catch((error: unknown) => host.exit(`the disk fails: ${String(error)}`))
    turn = done
    return done
  }
  const kept = async (key: string) => decode(await host.disk.readFile(key), key, isChecked)
  host.net.serve(Replica, {
    get: (key) => inTurn(() => kept(key)),
    put: (put) =>
      inTurn(async () => {
        if (put.version > (await kept(put.key)).version) await host.disk.replace(put.key, encode(JSON.stringify(put)))
        return null
      }),
  })
  return {}
}

type Operation = { readonly f: 'get'; readonly key: string } | { readonly f: 'put'; readonly key: string; readonly value: number }

/** Any three and any four of the five have two in common, one of which keeps what it promised: majorities have one, and it may be the one that forgot. */
const [reads, writes] = [3, 4]

/** A get tells what it is about to answer to as many as a put does. */
async function perform(host: Host, op: Operation, session: { counter: number }): Promise<number | null> {
  /** The first so many answers; null: too few came. */
  const enough = <T>(least: number, ask: (replica: string) => Promise<T>) =>
    new Promise<T[] | null>((resolve) => {
      const good: T[] = []
      const asked = host.peers.replica!.map((name) => ask(name).then((answer) => good.push(answer) === least && resolve([...good])))
      void Promise.allSettled(asked).then(() => resolve(null))
    })
  const known = await enough(reads, (from) => host.net.call(Replica, from, 'get', op.key, { timeout: ms(100) }))
  if (known === null) throw new OperationFailed('too few to read from')
  const newest = known.reduce(newer)
  session.counter = Math.max(session.counter, Math.floor(newest.version / 10)) + 1
  const write = op.f === 'get' ? newest : { value: op.value, version: session.counter * 10 + Number(host.name.at(-1)) }
  const told = await enough(writes, (to) => host.net.call(Replica, to, 'put', { ...write, key: op.key }, { timeout: ms(100) }))
  if (told === null) throw new NetError('timeout', 'too few to write to')
  return op.f === 'get' ? newest.value : null
}

export const vault = (name: string, isChecked: boolean) => {
  const survives = { down: 1, wiped: 1, corruptCopies: 2, damagedHosts: 1, syncLies: true, blackout: true }
  const vaults = system({
    name,
    roles: { replica: { count: 5, boot: replica(isChecked) } },
    survives,
    replicaUnit: (_host, path) => path.replace(/\.new$/, ''),
  })
  const operations = workload({
    clients: 3,
    generate: (random): Operation => {
      const key = `key-${random.int(3)}`
      return random.int(2) ? { f: 'put', key, value: random.int(1_000) } : { f: 'get', key }
    },
    connect: () => ({ counter: 0 }),
    perform,
    judge: linearizable('kv'),
  })
  return scenario({ name, system: vaults, workload: operations, invariants: [], faults: { strategy: 'random' }, duration: s(10), healAt: s(8) })
}

export default vault('vault', true)
