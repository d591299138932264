import { describe, expect, test } from 'vitest'
import { type Host, ms, ObjectStoreError, run, s, scenario, simulate, system, workload } from '../../../sim/index.js'
import { actsAndReplays } from '../faults/kind-harness.js'
import { objectStoreCases } from './object-store-cases.js'
import { type CounterProcess, storeScenario } from './store-scenario.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body)
const idle = workload<null, null>({ clients: 0, generate: () => null, perform: async () => null })

/** Two hosts and a store; the first does what it is told while it boots. */
function onHosts(first: (host: Host) => Promise<unknown>, second: (host: Host) => Promise<unknown> = async () => {}) {
  return scenario({
    name: 'hosts with a store',
    system: system<{ host: unknown }>({
      name: 'hosts',
      roles: { host: { count: 2, boot: (host) => (host.name === 'host-1' ? first(host) : second(host)) } },
      survives: {},
    }),
    workload: idle,
    invariants: [],
    objects: { leastPartBytes: 1024 },
    faults: { strategy: 'none' },
    duration: s(600),
    healAt: s(600),
  })
}

async function done(first: (host: Host) => Promise<unknown>): Promise<void> {
  await using simulation = await simulate(onHosts(first), { faults: 'none' })
  await simulation.until((world) => world.host('host-1')?.status === 'up', { within: s(600) })
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error) => (error instanceof ObjectStoreError ? error.code : Promise.reject(error)),
  )
}

describe('the simulated object store', () => {
  for (const { name, run: body } of objectStoreCases) test(name, () => done((host) => body(host.objects, 1024)))

  test('lists at most a thousand keys at once', () =>
    done(async ({ objects }) => {
      await Promise.all(Array.from({ length: 1003 }, (_, i) => objects.put(`many/${String(i).padStart(4, '0')}`, bytes('x'))))
      const first = await objects.list('many/')
      expect([first.objects.length, first.objects[999]?.key]).toEqual([1000, 'many/0999'])
      const second = await objects.list('many/', { token: first.next as string })
      expect([second.objects.length, second.next]).toEqual([3, null])
    }))

  test('is missing where the scenario has none, and says so', async () => {
    const { objects: _, ...without } = onHosts(async (host) => host.objects.head('a'))
    const report = await run({ scenario: scenario(without), seed: '1' })
    expect([report.outcome, report.violation?.message]).toEqual(['crashed', expect.stringContaining('has no object store; give it one with objects: {}')])
  })

  test('is no host of the system: it is neither seen by invariants nor a peer that is harmed', async () => {
    await using simulation = await simulate(
      onHosts(async () => {}),
      { faults: 'none' },
    )
    await simulation.advance(ms(1))
    expect(simulation.world.all.map(({ name }) => name)).toEqual(['host-1', 'host-2'])
    expect(simulation.world.host('object-store-1')).toBeUndefined()
  })

  test('answers a cut-off caller with a timeout, and has done what reached it', async () => {
    const codes: string[] = []
    await using simulation = await simulate(
      onHosts(async ({ objects, clock }) => {
        await objects.put('a', bytes('before'))
        await clock.sleep(ms(100))
        codes.push(await codeOf(objects.put('a', bytes('after'), { timeout: s(1) })))
      }),
      { faults: 'none' },
    )
    // The answer of the first put has arrived; the second is on its way in, its answer meets the partition.
    const second = () => simulation.store?.bucket.head('a')?.size === 5
    await simulation.until(second, { within: s(2) })
    simulation.partition(['host-1'], ['object-store-1'])
    await simulation.until((world) => world.host('host-1')?.status === 'up', { within: s(10) })
    expect(codes).toEqual(['timeout'])
    expect(text(simulation.store?.bucket.get('a', {})?.body)).toBe('after')
  })

  test('keeps what a caller put before it crashed, and what was on its way', async () => {
    await using simulation = await simulate(
      onHosts(async ({ objects, incarnation }) => {
        if (incarnation > 1) return text((await objects.get('a'))?.body)
        objects.put('a', bytes('on its way')).catch(() => {})
        return 'nothing'
      }),
      { faults: 'none' },
    )
    await simulation.advance(ms(2))
    simulation.crash('host-1')
    await simulation.advance(s(1))
    simulation.restart('host-1')
    await simulation.advance(s(1))
    expect(simulation.world.host('host-1')?.process).toBe('on its way')
  })

  test('a caller that gives up while it waits is told aborted', () =>
    done(async ({ objects, clock }) => {
      const controller = new AbortController()
      const put = codeOf(objects.put('a', bytes('x'), { signal: controller.signal }))
      await clock.sleep(1000)
      controller.abort()
      expect(await put).toBe('aborted')
    }))
})

describe('a fault kind of the object store', () => {
  const counters = (simulation: Awaited<ReturnType<typeof simulate<{ counter: CounterProcess }, unknown, unknown>>>) =>
    simulation.world.hosts.counter.map(({ process }) => process as CounterProcess)
  const trial = { scenario: storeScenario, duration: s(10) }
  const codesOf = (occurrences: readonly { args: Readonly<Record<string, unknown>> }[]) => new Set(occurrences.map(({ args }) => args.code))

  test('store.error answers 503 and 500', async () => {
    const { seeded } = await actsAndReplays('store.error', { ...trial, options: { 'store.error.perMille': 500 } })
    expect(codesOf(seeded.occurrences)).toEqual(new Set(['slow-down', 'unavailable']))
    expect(seeded.history.some(({ outcome }) => outcome.kind === 'unknown')).toBe(true)
  })

  test('store.timeout-after-commit loses the answer of a write that happened', async () => {
    await actsAndReplays('store.timeout-after-commit', trial)
    await using simulation = await simulate(storeScenario, { faults: 'none', clients: false })
    simulation.inject({ kind: 'store.timeout-after-commit', site: '*>object-store-1', args: { forNanos: s(5), perMille: 1000, key: [1, 2] } })
    await simulation.advance(s(5))
    const known = counters(simulation).reduce((sum, { counted }) => sum + counted, 0)
    expect(known).toBe(0)
    expect(Number(text(simulation.store?.bucket.get('count', {})?.body))).toBeGreaterThan(3)
  })

  test('store.partial-multipart leaves uploads behind, and no object', async () => {
    await actsAndReplays('store.partial-multipart', trial)
    await using simulation = await simulate(storeScenario, { faults: 'none', clients: false })
    simulation.inject({ kind: 'store.partial-multipart', site: '*>object-store-1', args: { forNanos: s(5), perMille: 1000, key: [1, 2] } })
    await simulation.advance(s(5))
    expect(simulation.store?.bucket.listUploads('', '', 1000).uploads.length).toBeGreaterThan(3)
    expect(simulation.store?.bucket.list('file-', '', 1000).objects).toEqual([])
  })

  test('store.slow makes requests late', async () => {
    await actsAndReplays('store.slow', trial)
    await using simulation = await simulate(storeScenario, { faults: 'none', clients: false })
    simulation.inject({ kind: 'store.slow', site: 'counter-1>object-store-1', args: { forNanos: s(5), perMille: 1000, mostTimes: 200, key: [1, 2] } })
    await simulation.advance(s(5))
    const [slow, fast] = counters(simulation) as [CounterProcess, CounterProcess]
    expect(slow.counted * 3).toBeLessThan(fast.counted)
    expect(slow.codes.get('timeout')).toBeGreaterThan(0)
  })

  test('store.conflict refuses conditional writes alone, and changes nothing', async () => {
    await actsAndReplays('store.conflict', trial)
    await using simulation = await simulate(storeScenario, { faults: 'none', clients: false })
    simulation.inject({ kind: 'store.conflict', site: '*>object-store-1', args: { forNanos: s(5), perMille: 1000, key: [1, 2] } })
    await simulation.advance(s(5))
    expect(simulation.store?.bucket.head('count')).toBeNull()
    expect(new Set(counters(simulation).flatMap(({ codes }) => [...codes.keys()]))).toEqual(new Set(['precondition-failed', 'conflict']))
    expect(simulation.store?.bucket.list('file-', '', 1000).objects.length).toBeGreaterThan(3)
  })

  test('acts in single requests as in episodes: the listed ones alone make the same run', async () => {
    const kinds = ['store.error', 'store.timeout-after-commit', 'store.partial-multipart', 'store.slow', 'store.conflict']
    const request = {
      scenario: storeScenario,
      seed: 'single requests',
      kinds,
      duration: s(10),
      options: Object.fromEntries(kinds.map((kind) => [`${kind}.everyMillis`, 1000])),
    }
    const seeded = await run(request)
    expect(new Set(seeded.occurrences.map(({ kind }) => kind)).size).toBeGreaterThan(3)
    const listed = await run({ ...request, plan: { injections: JSON.parse(JSON.stringify(seeded.occurrences)) } })
    expect(listed.stale).toEqual([])
    // Episodes are steps of their own, single occurrences are not: only the numbers of steps differ.
    const told = ({ history }: typeof seeded) => history.map(({ op, outcome, invokedAt, completedAt }) => ({ op, outcome, invokedAt, completedAt }))
    expect(told(listed)).toEqual(told(seeded))
  })

  test('is not armed where there is no store, and refused when it is asked for', async () => {
    const { objects: _, ...without } = onHosts(async () => {})
    const stormy = scenario({ ...without, faults: { strategy: 'random' } })
    const report = await run({ scenario: stormy, seed: '1', duration: s(1) })
    expect(report.armed.filter((kind) => kind.startsWith('store.'))).toEqual([])
    await expect(run({ scenario: stormy, seed: '1', kinds: ['store.slow'] })).rejects.toThrow('store.slow needs an object store: this scenario has none')
  })
})
