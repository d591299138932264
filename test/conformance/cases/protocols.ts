import { ms } from '../../../sim/host/durations.js'
import { DiskError, RemoteError } from '../../../sim/host/errors.js'
import { type ConformanceCase, codeOf, pattern } from '../conformance-case.js'
import { handlers, Loose, Other, Stream, serving } from './served-protocols.js'

/** What is served, what is called, and how values arrive. */
export const protocolCases: readonly ConformanceCase[] = [
  {
    area: 'protocols',
    name: 'a call is answered by the handler of its method, which is told who calls',
    programs: (see) => ({
      b: serving({ echo: (value, from) => ({ value, from }) }),
      a: async ({ net }) => {
        see(await net.call(Stream, 'b-1', 'echo', 1))
        see(await net.call(Loose, 'b-1', 'echo', 2))
      },
    }),
    seen: [
      { value: 1, from: 'a-1' },
      { value: 2, from: 'a-1' },
    ],
  },
  {
    area: 'protocols',
    name: 'a host may call itself, and is not called before it goes on',
    programs: (see) => ({
      a: async ({ net }) => {
        net.serve(
          Stream,
          handlers({
            echo: (value, from) => {
              see('called')
              return [value, from]
            },
          }),
        )
        const answer = net.call(Stream, 'a-1', 'echo', 1)
        see('goes on')
        see(await answer)
      },
    }),
    seen: ['goes on', 'called', [1, 'a-1']],
  },
  {
    area: 'protocols',
    name: 'plain data arrives as it was: undefined, bigints, maps, sets, bytes, nested',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const value = {
          none: undefined,
          nothing: null,
          big: 2n ** 70n,
          map: new Map([[{ key: 1 }, new Set(['x'])]]),
          bytes: pattern(5),
          list: [1.5, -2, 2 ** 40, ''],
        }
        see(await net.call(Stream, 'b-1', 'echo', value))
        for (const single of [undefined, null, Number.NaN, -(2 ** 53), 0n, '', [], {}]) see(await net.call(Stream, 'b-1', 'echo', single))
      },
    }),
    seen: [
      { none: undefined, nothing: null, big: 2n ** 70n, map: new Map([[{ key: 1 }, new Set(['x'])]]), bytes: pattern(5), list: [1.5, -2, 2 ** 40, ''] },
      undefined,
      null,
      Number.NaN,
      -(2 ** 53),
      0n,
      '',
      [],
      {},
    ],
  },
  {
    area: 'protocols',
    name: 'the sign of a negative zero',
    programs: (see) => ({
      b: serving({ echo: (value) => Object.is(value, -0) }),
      a: async ({ net }) => see(await net.call(Stream, 'b-1', 'echo', -0)),
    }),
    seen: { simulated: [true], real: [false], why: 'MessagePack as msgpackr writes it has one zero among its integers; nothing should depend on the other' },
  },
  {
    area: 'protocols',
    name: 'half of a surrogate pair in a string',
    programs: (see) => ({
      b: serving({ echo: (value) => (value as string).charCodeAt(0).toString(16) }),
      a: async ({ net }) => see(await net.call(Stream, 'b-1', 'echo', '\ud83d')),
    }),
    seen: { simulated: ['d83d'], real: ['fffd'], why: 'strings travel as UTF-8, which has no such code point; the replacement character arrives' },
  },
  {
    area: 'protocols',
    name: 'what was sent is frozen on both sides; bytes are copies',
    programs: (see) => ({
      b: serving({
        echo: (value) => {
          const received = value as { list: number[]; bytes: Uint8Array }
          received.bytes[0] = 9
          return Object.isFrozen(received) && Object.isFrozen(received.list)
        },
      }),
      a: async ({ net }) => {
        const value = { list: [1], bytes: new Uint8Array([1]) }
        see(await net.call(Stream, 'b-1', 'echo', value))
        see(Object.isFrozen(value.list))
        see(value.bytes[0])
      },
    }),
    seen: [true, true, 1],
  },
  {
    area: 'protocols',
    name: 'bytes that the sender changes after the send arrive as they were',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        const body = new Uint8Array([1, 2, 3])
        const answer = net.call(Stream, 'b-1', 'echo', body)
        body.fill(0)
        see(await answer)
      },
    }),
    seen: [new Uint8Array([1, 2, 3])],
  },
  {
    area: 'protocols',
    name: 'what is no plain data is misuse, where it is sent',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        for (const value of [() => 1, Symbol('x'), new Date(0), new Error('x'), new (class Thing {})()]) {
          see(await codeOf(() => net.call(Stream, 'b-1', 'echo', value)))
          see(await codeOf(() => net.send(Stream, 'b-1', 'echo', value)))
        }
      },
    }),
    seen: Array.from({ length: 10 }, () => 'misuse'),
  },
  {
    area: 'protocols',
    name: 'a host that does not exist is misuse',
    programs: (see) => ({
      a: async ({ net }) => {
        see(await codeOf(() => net.call(Stream, 'nobody-1', 'echo', 1)))
        see(await codeOf(() => net.send(Stream, 'nobody-1', 'echo', 1)))
      },
    }),
    seen: ['misuse', 'misuse'],
  },
  {
    area: 'protocols',
    name: 'a handler that throws or rejects answers its caller, with its message and code',
    programs: (see) => ({
      b: serving({
        slow: async () => {
          throw new DiskError('EIO', 'read', 'some/file')
        },
      }),
      a: async ({ net }) => {
        for (const Protocol of [Stream, Loose]) {
          for (const method of ['fail', 'slow'] as const) {
            const error = await net.call(Protocol, 'b-1', method, 1).catch((thrown: RemoteError) => thrown)
            see([error instanceof RemoteError, (error as RemoteError).code, (error as RemoteError).remoteCode, (error as RemoteError).message])
          }
        }
      },
    }),
    seen: [
      [true, 'remote', undefined, 'stream.fail on b-1: it failed'],
      [true, 'remote', 'EIO', 'stream.slow on b-1: EIO: read some/file'],
      [true, 'remote', undefined, 'loose.fail on b-1: it failed'],
      [true, 'remote', 'EIO', 'loose.slow on b-1: EIO: read some/file'],
    ],
  },
  {
    area: 'protocols',
    name: 'a protocol or method that nobody serves is refused; a datagram to it is lost',
    programs: (see) => ({
      b: serving(),
      a: async ({ net }) => {
        see(await codeOf(net.call(Other, 'b-1', 'echo', 1)))
        see(await codeOf(net.call(Stream, 'b-1', 'missing', 1)))
        see(await codeOf(net.call(Stream, 'b-1', 'toString', 1)))
        see(await codeOf(net.call(Loose, 'b-1', 'missing', 1, { timeout: ms(100) })))
      },
    }),
    seen: ['refused', 'refused', 'refused', 'timeout'],
  },
  {
    area: 'protocols',
    name: 'what is served no longer is refused, and may be served again',
    programs: (see) => ({
      a: async ({ net }) => {
        const served = net.serve(Stream, handlers())
        see(await net.call(Stream, 'a-1', 'echo', 1))
        served.close()
        see(await codeOf(net.call(Stream, 'a-1', 'echo', 2)))
        net.serve(Stream, handlers({ echo: () => 'anew' }))
        see(await net.call(Stream, 'a-1', 'echo', 3))
      },
    }),
    seen: [1, 'refused', 'anew'],
  },
  {
    area: 'protocols',
    name: 'to close twice does not end what another serves by the same name since',
    programs: (see) => ({
      a: async ({ net }) => {
        const served = net.serve(Stream, handlers())
        served.close()
        net.serve(Stream, handlers({ echo: () => 'anew' }))
        served.close()
        see(await codeOf(net.call(Stream, 'a-1', 'echo', 3)))
      },
    }),
    seen: ['none'],
  },
  {
    area: 'protocols',
    name: 'to serve a protocol twice is misuse',
    programs: (see) => ({
      a: async ({ net }) => {
        net.serve(Stream, handlers())
        see(await codeOf(() => net.serve(Stream, handlers())))
      },
    }),
    seen: ['misuse'],
  },
]
