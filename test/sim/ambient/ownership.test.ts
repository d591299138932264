import { createHook } from 'node:async_hooks'
import { setTimeout as elapsed } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Host, ms, protocol, run, s, simulate, us } from '../../../sim/index.js'
import { file, socket } from './fixtures/dependency.js'
import { alone, runAlone } from './harness.js'

const Echo = protocol<{ echo: { req: { n: number }; res: null } }>('echo')

const Lists = protocol<{ list: { req: { n: number[] }; res: null } }>('lists')

/** What a module would keep. */
let kept: Host | undefined

const foreignUses: Readonly<Record<string, (host: Host) => unknown>> = {
  'clock.monotonic': (host) => host.clock.monotonic(),
  'clock.wallMillis': (host) => host.clock.wallMillis(),
  'clock.timer': (host) => host.clock.timer(ms(1), () => {}),
  'clock.every': (host) => host.clock.every(ms(1), () => {}),
  'clock.sleep': (host) => host.clock.sleep(ms(1)),
  'random.u32': (host) => host.random.u32(),
  'random.pick': (host) => host.random.pick([1, 2]),
  'net.send': (host) => host.net.send(Echo, 'node-1', 'echo', { n: 1 }),
  'net.call': (host) => host.net.call(Echo, 'node-1', 'echo', { n: 1 }),
  'net.serve': (host) => host.net.serve(Echo, { echo: () => null }),
  'net.listen': (host) => host.net.listen(7000, () => {}),
  'net.connect': (host) => host.net.connect('node-1', 7000),
  'net.datagrams': (host) => host.net.datagrams(7000),
  'disk.append': (host) => host.disk.append('file', new Uint8Array(1)),
  'log.info': (host) => host.log.info('event'),
  'check.always': (host) => host.check.always('true', true),
  spawn: (host) => host.spawn('task', async () => {}),
  work: (host) => host.work(us(1)),
  mark: (host) => host.mark('moment'),
  maybe: (host) => host.maybe('site'),
  failpoint: (host) => host.failpoint('site'),
  stopping: (host) => host.stopping.aborted,
  exit: (host) => host.exit('reason'),
}

test.each(Object.keys(foreignUses))("%s of another's host ends the run, and both are named", async (name) => {
  kept = undefined
  const act = (host: Host) => {
    kept ??= host
    if (host !== kept) return foreignUses[name]!(kept)
  }
  const report = await run({ scenario: alone(act, 2), seed: '1' })
  expect(report.outcome).toBe('crashed')
  expect(report.violation).toMatchObject({ check: 'OwnershipError', host: 'node-2', at: ms(5) })
  expect(report.violation!.message).toContain('the host node-1 was used in a step of node-2')
  expect(report.violation!.stack).toContain('ownership.test.ts:')
})

test('a test that drives the simulation may look at clocks and set timers, but acts in steps only', async () => {
  let host: Host | undefined
  const simulation = await simulate(
    alone((own) => {
      host = own
    }),
    { faults: 'none' },
  )
  await simulation.advance(ms(6))
  expect(host!.clock.monotonic()).toBe(ms(6))
  const fired: number[] = []
  host!.clock.timer(ms(1), () => fired.push(host!.clock.monotonic()))
  await simulation.advance(ms(1))
  expect(fired).toEqual([ms(7)])
  expect(() => host!.net.send(Echo, 'node-1', 'echo', { n: 1 })).toThrow('the host node-1 was used outside any step')
})

test('an answer of another thread comes outside of every step, and the run says so', async () => {
  const act = (host: Host) =>
    gzip('text', () => {
      host.log.info('compressed')
    })
  // The run must still go on when the answer comes.
  const busy = (host: Host) => {
    act(host)
    host.clock.every(us(10), () => {
      for (let i = 0; i < 1_000; i++) host.random.u32()
    })
  }
  const report = await runAlone(busy)
  expect(report.outcome).toBe('crashed')
  expect(report.violation).toMatchObject({ check: 'OwnershipError' })
  expect(report.violation!.message).toContain('the host node-1 was used outside any step')
})

test('a handler that waits for another thread is named by the request that it answers', async () => {
  const report = await runAlone((host) => {
    host.net.serve(Echo, {
      echo: async () => {
        await promisify(gzip)('text')
        return null
      },
    })
    void host.net.call(Echo, 'node-1', 'echo', { n: 1 }, { timeout: s(1) }).catch(() => {})
    host.clock.every(us(10), () => {
      for (let i = 0; i < 1_000; i++) host.random.u32()
    })
  })
  expect(report.violation!.message).toContain('the host node-1 was used outside any step, while it answered echo.echo from node-1: ')
})

test.each([
  ['socket', socket, /TCPWRAP \(a socket\)/],
  ['file', file, /FS\w+|FILEHANDLE/],
])('a %s that a process opens is named, with the file, the line and the step', async (_name, open, resource) => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  const report = await runAlone(async (host) => {
    await open()
    host.net.send(Echo, 'node-1', 'echo', { n: 1 })
  })
  // The answers of the real world come when the run is over, and nobody is there to hear them.
  await open()
  await elapsed(20)
  process.removeListener('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(report.outcome).toBe('crashed')
  expect(report.violation).toMatchObject({ check: 'RealIo', host: 'node-1', at: ms(5) })
  expect(report.violation!.message).toMatch(/^on node-1: real input or output was started at .*fixtures\/dependency\.ts:\d+:\d+: /)
  expect(report.violation!.message).toMatch(resource)
})

test('in a simulation in the hand it is noticed, and named on request', async () => {
  const noticed = await simulate(alone(() => void socket()))
  await expect(noticed.advance(ms(10))).rejects.toThrow(/real input or output was started between steps 1 and \d+: TCPSocketWrap/)
  const named = await simulate(
    alone(() => void socket()),
    { namesIo: true },
  )
  await expect(named.advance(ms(10))).rejects.toThrow(/dependency\.ts:\d+/)
})

test('the hook is off again after the run', async () => {
  await runAlone(() => {}, { namesIo: true })
  let seen = 0
  const hook = createHook({ init: () => void seen++ }).enable()
  await Promise.resolve()
  hook.disable()
  expect(seen).toBeGreaterThan(0)
})

test('a sent message that is changed later is named with its line', async () => {
  const report = await runAlone((host) => {
    const message = { n: 1 }
    host.net.send(Echo, 'node-1', 'echo', message)
    message.n = 2
  })
  expect(report.outcome).toBe('crashed')
  expect(report.violation!.message).toMatch(/node-1 changed a value that was sent between hosts at .*ownership\.test\.ts:\d+:\d+/)
})

const listings: readonly (readonly [string, (request: { n: number[] }) => null | Promise<null>])[] = [
  [
    'at once',
    (request) => {
      request.n.push(2)
      return null
    },
  ],
  [
    'later',
    async (request) => {
      await Promise.resolve()
      request.n.push(2)
      return null
    },
  ],
]

test.each(listings)('a request that its handler changes %s ends the run at that line, and is no answer', async (_when, list) => {
  const report = await runAlone((host) => {
    host.net.serve(Lists, { list })
    void host.net.call(Lists, 'node-1', 'list', { n: [1] }).catch(() => {})
  })
  expect(report.outcome).toBe('crashed')
  expect(report.violation).toMatchObject({ check: 'TypeError', host: 'node-1' })
  expect(report.violation!.message).toMatch(/node-1 changed a value that was sent between hosts at .*ownership\.test\.ts:\d+:\d+/)
})

test('any other TypeError of a handler is its answer, and the trace says what it was', async () => {
  const details: string[] = []
  const act = (host: Host) => {
    host.net.serve(Lists, {
      list: () => {
        throw new TypeError('no list')
      },
    })
    void host.net.call(Lists, 'node-1', 'list', { n: [1] }).catch(() => {})
  }
  const report = await runAlone(act, { trace: { step: ({ kind, detail }) => void (kind === 'reset' && details.push(detail)) } })
  expect(report.outcome).toBe('passed')
  expect(details).toEqual(['lists.list from node-1 "lists.list on node-1: no list"'])
})

test('a rejection without a handler is named with its line; one that is no Error says that nobody knows', async () => {
  const failing = await runAlone(() => void Promise.reject(new Error('forgotten')))
  expect(failing.violation).toMatchObject({ check: 'Error', host: 'node-1', message: 'on node-1: forgotten' })
  expect(failing.violation!.stack).toMatch(/ownership\.test\.ts:\d+/)
  const odd = await runAlone(() => void Promise.reject('words'))
  expect(odd.violation?.message).toBe('on node-1: words (no Error was thrown, so nobody knows where)')
})
