import { type Host, invariant, ms, NetError, ObjectStoreError, s, scenario, system, workload } from '../../../sim/index.js'

/** A counter in an object store, counted up by compare-and-swap; and files that are uploaded in parts. */
export interface CounterProcess {
  /** Increments that this process knows to have happened. */
  counted: number
  /** Those it does not know of. */
  unknown: number
  codes: Map<string, number>
}

async function boot(host: Host): Promise<CounterProcess> {
  const process: CounterProcess = { counted: 0, unknown: 0, codes: new Map() }
  host.spawn('count', async () => {
    for (let round = 0; ; round++) {
      await host.clock.sleep(ms(20 + host.random.int(50)))
      const act = round % 3 === 2 ? upload(host, `file-${host.name}-${host.incarnation}-${round}`) : increment(host, process)
      await act.catch((error) => {
        if (!(error instanceof ObjectStoreError)) throw error
        process.codes.set(error.code, (process.codes.get(error.code) ?? 0) + 1)
      })
    }
  })
  return process
}

async function increment(host: Host, process: CounterProcess): Promise<void> {
  const found = await host.objects.get('count', { timeout: ms(500) })
  const value = found === null ? 0 : Number(new TextDecoder().decode(found.body))
  const body = new TextEncoder().encode(String(value + 1))
  try {
    await host.objects.put('count', body, { timeout: ms(500), ...(found === null ? { ifNoneMatch: '*' } : { ifMatch: found.etag }) })
    process.counted++
  } catch (error) {
    if (error instanceof ObjectStoreError && error.isOutcomeUnknown) process.unknown++
    throw error
  }
}

async function upload(host: Host, key: string): Promise<void> {
  const { objects } = host
  const id = await objects.createUpload(key, { timeout: ms(500) })
  const parts = [await objects.uploadPart(key, id, 1, new Uint8Array(64).fill(1), { timeout: ms(500) })]
  parts.push(await objects.uploadPart(key, id, 2, new Uint8Array(10).fill(2), { timeout: ms(500) }))
  await objects.completeUpload(key, id, parts, { timeout: ms(500) })
}

export const counters = system<{ counter: CounterProcess }>({
  name: 'counters',
  roles: { counter: { count: 2, boot } },
  survives: { down: 1 },
})

export const storeScenario = scenario({
  name: 'counters over an object store',
  system: counters,
  objects: { leastPartBytes: 64 },
  workload: workload<{ kind: 'read' }, number>({
    clients: 1,
    generate: () => ({ kind: 'read' }),
    think: () => ms(100),
    // A client uses the store as well, and takes the store's own word for what is unknown.
    perform: async (host) => {
      const found = await host.objects.get('count').catch((error) => {
        throw error instanceof ObjectStoreError ? new NetError('timeout', error.message) : error
      })
      return found === null ? 0 : Number(new TextDecoder().decode(found.body))
    },
    judge: (history) => {
      let last = 0
      for (const { outcome } of history) {
        if (outcome.kind !== 'ok') continue
        if (outcome.result < last) return `the counter fell from ${last} to ${outcome.result}`
        last = outcome.result
      }
      return undefined
    },
  }),
  invariants: [
    invariant<typeof counters>('counts of one life only rise', () => {
      const seen = new Map<string, number>()
      return (_world, { stepped, incarnation }) => {
        const counted = (stepped?.process as CounterProcess | undefined)?.counted
        if (stepped === null || counted === undefined) return undefined
        const name = `${stepped.name} ${incarnation}`
        const before = seen.get(name) ?? 0
        seen.set(name, counted)
        return counted < before ? `${name} fell from ${before} to ${counted}` : undefined
      }
    }),
  ],
  faults: { strategy: 'random' },
  duration: s(10),
  healAt: s(8),
})
