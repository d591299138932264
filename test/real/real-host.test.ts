import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { ms, s } from '../../sim/host/durations.js'
import { RemoteError } from '../../sim/host/errors.js'
import { DataDirectory, DataDirectoryInUse } from '../../sim/real/data-directory.js'
import { FrameReader, frameOf } from '../../sim/real/frames.js'
import type { ProcessCrashed } from '../../sim/real/index.js'
import { parseAddress, printAddress } from '../../sim/real/peer-address.js'
import { decodeMessage, encodeMessage } from '../../sim/real/wire.js'
import { protocol } from '../../sim/run/scenario.js'
import { openHost, openPair, temporaryFolder, until } from './real-hosts.js'

const Echo = protocol<{ echo: { req: unknown; res: unknown }; fail: { req: null; res: null }; wait: { req: null; res: null } }>('echo')
const Loose = protocol<{ echo: { req: unknown; res: unknown } }>('loose', { transport: 'datagram' })

describe('a data directory', () => {
  test('counts the lives of its process', async () => {
    const folder = temporaryFolder()
    for (let life = 1; life <= 3; life++) {
      const directory = await DataDirectory.claim(folder)
      expect(directory.incarnation).toBe(life)
      await directory.release()
    }
    expect(readdirSync(path.join(folder, 'lives'))).toEqual(['3'])
  })

  test('belongs to one process at a time, however many ask at once', async () => {
    const folder = temporaryFolder()
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => DataDirectory.claim(folder)))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const claim of claims) if (claim.status === 'rejected') expect(claim.reason).toBeInstanceOf(DataDirectoryInUse)
  })

  test.runIf(process.platform === 'linux')('that the system makes no folder for is refused', async () => {
    await expect(DataDirectory.claim('/proc/seedfall/data')).rejects.toThrow(/ENOENT|EACCES|EPERM/)
  })

  test('is free again when the process that had it is gone, even where its number is in use again', async () => {
    const folder = temporaryFolder()
    const first = await DataDirectory.claim(folder)
    writeFileSync(path.join(folder, 'lives', '1'), JSON.stringify({ ...first.tenant, started: 'another boot 1' }))
    expect((await DataDirectory.claim(folder)).incarnation).toBe(2)
    writeFileSync(path.join(folder, 'lives', '2'), JSON.stringify({ ...first.tenant, pid: 2 ** 22 - 1 }))
    expect((await DataDirectory.claim(folder)).incarnation).toBe(3)
  })

  test('that another machine used last is refused: nobody can tell from here', async () => {
    const folder = temporaryFolder()
    const first = await DataDirectory.claim(folder)
    writeFileSync(path.join(folder, 'lives', '1'), JSON.stringify({ ...first.tenant, machine: 'elsewhere' }))
    await expect(DataDirectory.claim(folder)).rejects.toThrow(/elsewhere.*remove .*lives.1/)
  })
})

describe('a message between real hosts', () => {
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, undefined, true, false, '', Number.NaN, Number.POSITIVE_INFINITY),
      fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt(),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array(),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
      fc.dictionary(
        fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
        tie('value'),
        { maxKeys: 5, noNullPrototype: true },
      ),
    ),
  })).value

  test('is what was sent, whatever plain data it carries', () => {
    fc.assert(
      fc.property(plain, (body) => {
        const message = { kind: 'request', id: 7, protocol: 'p', method: 'm', body } as const
        expect(decodeMessage(encodeMessage(message))).toStrictEqual(message)
      }),
      { numRuns: 300 },
    )
  })

  test('is no message when its bytes are not: they are refused without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const message = decodeMessage(bytes)
        expect(message === null || typeof message.kind === 'string').toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(decodeMessage(new TextEncoder().encode('GET / HTTP/1.1'))).toBeNull()
    const { pack } = new Packr({ moreTypes: true })
    let deep: unknown = null
    for (let i = 0; i < 100; i++) deep = [deep]
    for (const body of [new Date(0), new Error('x'), /x/, deep]) expect(decodeMessage(pack([1, 'protocol', 'method', body]))).toBeNull()
  })

  test('comes out of a stream whole, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (messages, cuts) => {
          const stream = messages.flatMap((message) => [...frameOf(message)])
          const reader = new FrameReader(1_000)
          const read: Uint8Array[] = []
          for (let at = 0, i = 0; at < stream.length; i++) {
            const length = cuts[i % cuts.length] as number
            read.push(...(reader.push(Uint8Array.from(stream.slice(at, at + length))) ?? []))
            at += length
          }
          expect(read.map((bytes) => [...bytes])).toEqual(messages.map((bytes) => [...bytes]))
        },
      ),
    )
    expect(new FrameReader(10).push(frameOf(new Uint8Array(11)))).toBeNull()
  })
})

test('an address is a machine and a port, in brackets when the machine has colons', () => {
  expect(parseAddress('127.0.0.1:7001')).toEqual({ machine: '127.0.0.1', port: 7_001 })
  expect(parseAddress('[::1]:80')).toEqual({ machine: '::1', port: 80 })
  expect(printAddress({ machine: '::1', port: 80 })).toBe('[::1]:80')
  for (const text of ['127.0.0.1', ':80', 'a:b', 'host:70000', '::1:80', 'a b:1']) expect(parseAddress(text)).toBeNull()
})

describe('real hosts', () => {
  test('call each other by name, with requests and answers of any size, over streams and datagrams', async () => {
    const { a, b } = await openPair()
    b.net.serve(Echo, { echo: (value, from) => [from, value], fail: () => null, wait: () => null })
    b.net.serve(Loose, { echo: (value, from) => [from, value] })
    const large = new Uint8Array(3_000_000).fill(7)
    for (const Protocol of [Echo, Loose]) {
      expect(await a.net.call(Protocol, 'b-1', 'echo', { map: new Map([[1, 2n]]) })).toEqual(['a-1', { map: new Map([[1, 2n]]) }])
      const [from, answer] = (await a.net.call(Protocol, 'b-1', 'echo', large)) as [string, Uint8Array]
      expect([from, Buffer.compare(answer, large)]).toEqual(['a-1', 0])
    }
  })

  test('of different clusters do not listen to each other', async () => {
    const { b } = await openPair()
    b.net.serve(Echo, { echo: (value) => value, fail: () => null, wait: () => null })
    b.net.serve(Loose, { echo: (value) => value })
    const stranger = await openHost({ role: 'c', ordinal: 1, cluster: 'another', peers: { 'b-1': b.net.address! } })
    await expect(stranger.net.call(Echo, 'b-1', 'echo', 1)).rejects.toMatchObject({ code: 'reset' })
    await expect(stranger.net.call(Loose, 'b-1', 'echo', 1, { timeout: ms(50) })).rejects.toMatchObject({ code: 'timeout' })
  })

  test('a caller that listens nowhere is answered, by datagrams too', async () => {
    const { b } = await openPair()
    b.net.serve(Loose, { echo: (value, from) => [from, value] })
    const client = await openHost({ role: 'client', ordinal: 1, peers: { 'b-1': b.net.address! } })
    expect(await client.net.call(Loose, 'b-1', 'echo', 1)).toEqual(['client-1', 1])
    const long = new Uint8Array(40_000)
    expect(await client.net.call(Loose, 'b-1', 'echo', long)).toMatchObject(['client-1', { length: 40_000 }])
  })

  test('what a peer has under way is reset when it goes, and a later call reaches its next life', async () => {
    const { a, b } = await openPair()
    b.net.serve(Echo, { echo: (value) => value, fail: () => null, wait: () => new Promise(() => {}) })
    const waiting = a.net.call(Echo, 'b-1', 'wait', null)
    await a.net.call(Echo, 'b-1', 'echo', 1)
    const address = b.net.address!
    const isReset = expect(waiting).rejects.toMatchObject({ code: 'reset' })
    await b.close()
    await isReset
    await expect(a.net.call(Echo, 'b-1', 'echo', 2)).rejects.toMatchObject({ code: 'refused' })
    const again = await openHost({ role: 'b', ordinal: 1, listen: address })
    again.net.serve(Echo, { echo: (value) => ({ again: value }), fail: () => null, wait: () => null })
    expect(await a.net.call(Echo, 'b-1', 'echo', 3)).toEqual({ again: 3 })
  })

  test('a failed task, a timer that throws, and a failed handler of a one-way message are crashes that say where', async () => {
    const crashes: ProcessCrashed[] = []
    const { a, b } = await openPair({ onCrash: (crash) => crashes.push(crash) })
    a.spawn('doomed', () => Promise.reject(new Error('it broke')))
    a.clock.timer(0, () => {
      throw new Error('so late')
    })
    b.net.serve(Echo, {
      echo: () => {
        throw new Error('no such thing')
      },
      fail: () => Promise.reject(new RemoteError('nor this', undefined)),
      wait: () => null,
    })
    a.net.send(Echo, 'b-1', 'echo', 1)
    a.net.send(Echo, 'b-1', 'fail', null)
    await until(() => crashes.length === 4, a)
    expect(crashes.map(({ message }) => message).sort()).toEqual([
      'a-1 crashed in a timer: so late',
      "a-1 crashed in the task 'doomed': it broke",
      'b-1 crashed in the handler of echo.echo from a-1: no such thing',
      'b-1 crashed in the handler of echo.fail from a-1: nor this',
    ])
  })

  test('host.exit throws, so that nothing after it runs, and is no crash', async () => {
    const seen: string[] = []
    const host = await openHost({ role: 'a', ordinal: 1, onExit: (reason) => seen.push(reason), onCrash: (crash) => seen.push(crash.message) })
    host.spawn('leaver', async () => {
      host.exit('the disk is broken')
    })
    await until(() => seen.length > 0, host)
    await host.clock.sleep(ms(20))
    expect(seen).toEqual(['the disk is broken'])
  })

  test('a graceful stop waits for tasks and for requests under way, but not for ever', async () => {
    const { a, b } = await openPair()
    b.net.serve(Echo, {
      echo: (value) => value,
      fail: () => null,
      wait: async () => {
        await new Promise((resolve) => b.stopping.addEventListener('abort', resolve))
        await b.clock.sleep(ms(30))
        return null
      },
    })
    const waiting = a.net.call(Echo, 'b-1', 'wait', null)
    await a.net.call(Echo, 'b-1', 'echo', 1)
    expect(await b.stop(s(10))).toBe(true)
    expect(await waiting).toBeNull()
    a.spawn('for ever', () => new Promise(() => {}))
    await a.clock.sleep(ms(5))
    expect(await a.stop(ms(20))).toBe(false)
  })

  test('a closed host does nothing any more: no timer fires, no promise settles', async () => {
    const { a, b } = await openPair()
    const seen: string[] = []
    a.clock.timer(ms(5), () => seen.push('timer'))
    void a.clock.sleep(ms(5)).then(() => seen.push('sleep'))
    void a.disk.readFile('none').then(() => seen.push('disk'))
    b.net.serve(Echo, { echo: (value) => value, fail: () => null, wait: () => null })
    const answered = a.net.call(Echo, 'b-1', 'echo', 1)
    void answered.finally(() => seen.push('call'))
    await a.close()
    await b.clock.sleep(ms(30))
    expect(seen).toEqual([])
  })

  test('logs are lines of JSON, and a property that is broken is an error among them', async () => {
    const lines: Record<string, unknown>[] = []
    const host = await openHost({ role: 'a', ordinal: 1, log: { write: (line) => lines.push(JSON.parse(line)) } })
    host.log.debug('hidden')
    host.log.info('moved', { from: 1n, bytes: new Uint8Array(3) })
    host.check.always('order holds', false, { seen: 2 })
    host.check.always('order holds', true)
    expect(lines).toMatchObject([
      { level: 'info', host: 'a-1', incarnation: 1, event: 'moved', from: '1', bytes: '<3 bytes>' },
      { level: 'error', event: 'property.broken', property: 'order holds', seen: 2 },
    ])
  })
})
