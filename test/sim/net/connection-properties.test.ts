import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Connection, type Host, type Injection, Misuse, ms, NetError, type Simulation, s } from '../../../sim/index.js'
import { receiveCapacity, sendCapacity } from '../../../sim/net/connection/connection-limits.js'
import { start } from './harness.js'

/** What one side does with its connection, one after the other. */
type Act = { kind: 'write'; size: number; isAwaited: boolean } | { kind: 'sleep'; millis: number } | { kind: 'end' }

/** What happens around it. */
type Harm =
  | { kind: 'noise'; at: number; noise: 'net.drop' | 'net.duplicate' | 'net.reorder' | 'net.delay'; perMille: number; lastsMillis: number }
  | { kind: 'partition'; at: number; lastsMillis: number }
  | { kind: 'clog'; at: number; isBack: boolean; lastsMillis: number }
  | { kind: 'pause'; at: number; host: string; lastsMillis: number }
  | { kind: 'narrow'; at: number; kilobytesPerSecond: number; queueKilobytes: number; lastsMillis: number }
  | { kind: 'stall'; at: number; side: 'dialler' | 'acceptor'; lastsMillis: number }
  | { kind: 'flap'; at: number; downMillis: number; upMillis: number; lastsMillis: number }
type Break =
  | { kind: 'crash' | 'power'; at: number; host: string }
  | { kind: 'reset' | 'half-open'; at: number }
  | { kind: 'corrupt'; at: number; lastsMillis: number }
  | { kind: 'close'; side: 0 | 1; after: number }

const millis = fc.integer({ min: 1, max: 1_500 })
const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 200, max: 4_000 }), fc.integer({ min: 4_000, max: 120_000 }))
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), size, isAwaited: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sleep' as const), millis: fc.integer({ min: 1, max: 300 }) }) },
)
const acts = fc.array(act, { maxLength: 25 })
const reader = fc.record({ every: fc.integer({ min: 1, max: 6 }), sleepMillis: fc.integer({ min: 0, max: 40 }) })
const host = fc.constantFrom('node-1', 'node-2')
const harm: fc.Arbitrary<Harm> = fc.oneof(
  fc.record({
    kind: fc.constant('noise' as const),
    at: millis,
    noise: fc.constantFrom('net.drop' as const, 'net.duplicate' as const, 'net.reorder' as const, 'net.delay' as const),
    perMille: fc.integer({ min: 20, max: 600 }),
    lastsMillis: fc.integer({ min: 50, max: 3_000 }),
  }),
  fc.record({ kind: fc.constant('partition' as const), at: millis, lastsMillis: fc.integer({ min: 10, max: 2_500 }) }),
  fc.record({ kind: fc.constant('clog' as const), at: millis, isBack: fc.boolean(), lastsMillis: fc.integer({ min: 10, max: 2_500 }) }),
  fc.record({ kind: fc.constant('pause' as const), at: millis, host, lastsMillis: fc.integer({ min: 10, max: 2_500 }) }),
  fc.record({
    kind: fc.constant('narrow' as const),
    at: millis,
    kilobytesPerSecond: fc.integer({ min: 32, max: 2_000 }),
    queueKilobytes: fc.integer({ min: 4, max: 100 }),
    lastsMillis: fc.integer({ min: 50, max: 3_000 }),
  }),
  fc.record({
    kind: fc.constant('stall' as const),
    at: millis,
    side: fc.constantFrom('dialler' as const, 'acceptor' as const),
    lastsMillis: fc.integer({ min: 10, max: 3_000 }),
  }),
  fc.record({
    kind: fc.constant('flap' as const),
    at: millis,
    downMillis: fc.integer({ min: 1, max: 400 }),
    upMillis: fc.integer({ min: 1, max: 400 }),
    lastsMillis: fc.integer({ min: 50, max: 3_000 }),
  }),
)
const harms = fc.array(harm, { maxLength: 5 })
const breakage: fc.Arbitrary<Break> = fc.oneof(
  fc.record({ kind: fc.constantFrom('crash' as const, 'power' as const), at: millis, host }),
  fc.record({ kind: fc.constant('reset' as const), at: millis }),
  fc.record({ kind: fc.constant('half-open' as const), at: millis }),
  fc.record({ kind: fc.constant('corrupt' as const), at: millis, lastsMillis: fc.integer({ min: 10, max: 2_500 }) }),
  fc.record({ kind: fc.constant('close' as const), side: fc.constantFrom(0 as const, 1 as const), after: fc.integer({ min: 0, max: 1_500 }) }),
)

/** One side's account of one connection. */
interface Side {
  /** Every byte that was given to `write`, its value by its place. */
  written: number
  /** Bytes of those whose write has settled. */
  settled: number
  read: number
  /** The first byte that was not the one written there. */
  wrongAt: number | null
  hasReadEnd: boolean
  errors: string[]
}
const newSide = (): Side => ({ written: 0, settled: 0, read: 0, wrongAt: null, hasReadEnd: false, errors: [] })
/** The byte at a place of the stream that a side writes. */
const byteAt = (side: number, place: number) => (Math.imul(place + side * 7_919, 0x9e3779b1) >>> 13) & 0xff

interface Script {
  readonly sides: readonly [readonly Act[], readonly Act[]]
  readonly readers: readonly [{ every: number; sleepMillis: number }, { every: number; sleepMillis: number }]
  readonly close?: { side: 0 | 1; after: number }
  readonly ends: boolean
}

function live(host: Host, connection: Connection, side: 0 | 1, account: Side, script: Script): void {
  const note = (error: unknown) => {
    if (!(error instanceof NetError)) throw error
    account.errors.push(error.code)
  }
  host.spawn('write', async () => {
    for (const step of script.sides[side]) {
      if (step.kind === 'sleep') await host.clock.sleep(ms(step.millis))
      else if (step.kind === 'write') {
        const bytes = new Uint8Array(step.size)
        for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(side, account.written + i)
        account.written += step.size
        const settled = connection.write(bytes).then(() => {
          account.settled += step.size
        }, note)
        bytes.fill(0xee)
        if (step.isAwaited) await settled
      }
    }
    if (script.ends) connection.end()
  })
  host.spawn('read', async () => {
    const { every, sleepMillis } = script.readers[side]
    try {
      for (let count = 1; ; count++) {
        const piece = await connection.read()
        if (piece === null) break
        for (let i = 0; i < piece.length; i++) {
          if (account.wrongAt === null && piece[i] !== byteAt(1 - side, account.read + i)) account.wrongAt = account.read + i
        }
        account.read += piece.length
        piece.fill(0xdd)
        if (sleepMillis > 0 && count % every === 0) await host.clock.sleep(ms(sleepMillis))
      }
      account.hasReadEnd = true
    } catch (error) {
      note(error)
    }
  })
  const { close } = script
  if (close?.side === side) {
    host.spawn('close', async () => {
      await host.clock.sleep(ms(close.after))
      connection.close()
    })
  }
}

async function play(script: Script, harms: readonly Harm[], breaks: readonly Break[], seed: string): Promise<[Side, Side]> {
  const accounts: [Side, Side] = [newSide(), newSide()]
  const simulation = await start<unknown>(
    2,
    (host) => {
      if (host.incarnation > 1) return
      if (host.name === 'node-2') return host.net.listen(7000, (connection) => live(host, connection, 1, accounts[1], script))
      host.spawn('dial', async () => {
        live(host, await host.net.connect('node-2', 7000, { timeout: s(60) }), 0, accounts[0], script)
      })
      return
    },
    { seed },
  )
  const moments = [...harms, ...breaks.filter((one) => one.kind !== 'close')].toSorted((a, b) => a.at - b.at)
  let now = 0
  for (const moment of moments) {
    await simulation.advance(ms(moment.at - now))
    now = moment.at
    cause(simulation, moment)
  }
  await simulation.advance(s(400))
  return accounts
}

function cause(simulation: Simulation<{ node: unknown }>, moment: Harm | Exclude<Break, { kind: 'close' }>): void {
  const inject = (kind: Injection['kind'], site: string, args: object) => simulation.inject({ kind, site, args: { ...args } })
  const onConnection = (kind: Injection['kind'], args: object) => {
    try {
      inject(kind, 'node-1>node-2:7000 #1', args)
    } catch (error) {
      // It is not established yet, or over.
      if (!(error instanceof Misuse) || !error.message.includes('finds nothing to harm')) throw error
    }
  }
  switch (moment.kind) {
    case 'noise':
      inject(moment.noise, '*>*', { forNanos: ms(moment.lastsMillis), perMille: moment.perMille, mostNanos: ms(300), key: [moment.at, moment.perMille] })
      break
    case 'partition':
      inject('net.partition', 'node-1', { shape: 'split', groups: [['node-1'], ['node-2']], forNanos: ms(moment.lastsMillis) })
      break
    case 'clog':
      inject('net.clog', moment.isBack ? 'node-2>node-1' : 'node-1>node-2', { forNanos: ms(moment.lastsMillis) })
      break
    case 'pause':
      if (simulation.world.host(moment.host)?.status === 'up') inject('process.pause', moment.host, { forNanos: ms(moment.lastsMillis) })
      break
    case 'crash':
      if (simulation.world.host(moment.host)?.process !== undefined || simulation.world.host(moment.host)?.status === 'up') simulation.crash(moment.host)
      break
    case 'power':
      simulation.powerLoss(moment.host)
      break
    case 'reset':
      onConnection('conn.reset', {})
      break
    case 'half-open':
      onConnection('conn.half-open', {})
      break
    case 'stall':
      onConnection('conn.stall', { forNanos: ms(moment.lastsMillis), side: moment.side })
      break
    case 'narrow': {
      const bytes = { bytesPerSecond: moment.kilobytesPerSecond * 1_024, queueBytes: moment.queueKilobytes * 1_024 }
      inject('net.bandwidth', '*>*', { forNanos: ms(moment.lastsMillis), ...bytes })
      break
    }
    case 'flap':
      inject('net.flap', 'node-1>node-2', { forNanos: ms(moment.lastsMillis), downNanos: ms(moment.downMillis), upNanos: ms(moment.upMillis) })
      break
    case 'corrupt':
      inject('net.corrupt', '*>*', { forNanos: ms(moment.lastsMillis), perMille: 200, isUnnoticed: false, key: [moment.at, moment.lastsMillis] })
      break
  }
}

const scripts = fc.record({ sides: fc.tuple(acts, acts), readers: fc.tuple(reader, reader), ends: fc.constant(true) })

describe('whatever is written, lost, delayed and broken', () => {
  test('all of it is read, and then the end, while nobody breaks the connection', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, harms, fc.string({ minLength: 1, maxLength: 3 }), async (script, around, seed) => {
        const [one, two] = await play(script, around, [], seed)
        for (const [writer, reader] of [
          [one, two],
          [two, one],
        ] as const) {
          expect(reader.wrongAt).toBe(null)
          expect(reader.read).toBe(writer.written)
          expect(reader.hasReadEnd).toBe(true)
          expect(writer.settled).toBe(writer.written)
          expect(writer.errors).toEqual([])
        }
      }),
      { numRuns: 80 },
    )
  })

  test('what is read is a prefix of what was written, and its end means all of it, whoever dies or closes', async () => {
    const broken: Record<Break['kind'], number> = { crash: 0, power: 0, reset: 0, 'half-open': 0, corrupt: 0, close: 0 }
    let whole = 0
    await fc.assert(
      fc.asyncProperty(scripts, harms, breakage, fc.string({ minLength: 1, maxLength: 3 }), async (script, around, broke, seed) => {
        const played = broke.kind === 'close' ? { ...script, close: broke } : script
        const [one, two] = await play(played, around, [broke], seed)
        for (const [writer, reader] of [
          [one, two],
          [two, one],
        ] as const) {
          expect(reader.wrongAt).toBe(null)
          expect(reader.read).toBeLessThanOrEqual(writer.written)
          // An end is never short of what its writer had been told was taken, but that a machine which lost power has forgotten what it told.
          if (reader.hasReadEnd && broke.kind !== 'power') expect(reader.read).toBeGreaterThanOrEqual(writer.settled)
          if (reader.errors.length === 0 && reader.hasReadEnd && writer.errors.length === 0 && broke.kind === 'close') expect(reader.read).toBe(writer.written)
        }
        // Whoever only reads a half-open connection waits for ever.
        if (one.errors.length + two.errors.length > 0 || !one.hasReadEnd || !two.hasReadEnd) broken[broke.kind]++
        if (one.hasReadEnd && two.hasReadEnd) whole++
      }),
      { numRuns: 200 },
    )
    // All of it happens: the property is not about nothing.
    for (const [kind, times] of Object.entries(broken)) expect(times, kind).toBeGreaterThan(0)
    expect(whole).toBeGreaterThan(10)
  })

  test('writers that wait for room are ahead of the reader by the buffers of both machines at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 5, maxLength: 40 }), harms, fc.string({ minLength: 1, maxLength: 3 }), async (sizes, around, seed) => {
        let settled = 0
        let read = 0
        let furthest = 0
        const simulation = await start<unknown>(
          2,
          (host) => {
            if (host.name === 'node-2') {
              return host.net.listen(7000, (connection) => {
                host.spawn('read', async () => {
                  for (let piece = await connection.read(); piece !== null; piece = await connection.read()) {
                    read += piece.length
                    await host.clock.sleep(ms(20))
                  }
                })
              })
            }
            host.spawn('write', async () => {
              const connection = await host.net.connect('node-2', 7000, { timeout: s(60) })
              for (const count of sizes) {
                await connection.write(new Uint8Array(count))
                settled += count
                furthest = Math.max(furthest, settled - read)
              }
              connection.end()
            })
            return
          },
          { seed },
        )
        for (const moment of around.toSorted((a, b) => a.at - b.at)) cause(simulation, moment)
        await simulation.advance(s(400))
        expect(read).toBe(sizes.reduce((sum, count) => sum + count, 0))
        expect(furthest).toBeLessThanOrEqual(sendCapacity + receiveCapacity + 65_536)
      }),
      { numRuns: 40 },
    )
  })
})
