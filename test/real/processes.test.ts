import { describe, expect, test } from 'vitest'
import { servedRole } from '../../cli/serve-options.js'
import lock from '../../examples/lock.scenario.js'
import lockFixed from '../../examples/lock-fixed.scenario.js'
import broker from '../../scenarios/broker.scenario.js'
import raft from '../../scenarios/raft.scenario.js'
import { ms } from '../../sim/host/durations.js'
import { until } from './real-hosts.js'
import type { ServedProcess } from './served-process.js'
import { servedSystem } from './served-system.js'

const system = servedSystem(['examples/lock.scenario.ts', 'examples/lock-fixed.scenario.ts', 'scenarios/raft.scenario.ts', 'scenarios/broker.scenario.ts'])

describe('processes of the machine', { timeout: 120_000 }, () => {
  test('three members of a Raft group lose one to kill -9, and then another, and their history is linearizable', async () => {
    const { addresses, processes } = await system.start('raft', ['member-1', 'member-2', 'member-3'])
    const { clients, host } = await system.clients(raft, addresses, 3, { keys: 3, ballastBytes: 100, thinkMicros: 2_000 })
    for (const victim of processes.slice(0, 2)) {
      const before = clients.answered
      await until(() => clients.answered > before + 20, host)
      await victim.kill()
      const down = clients.answered
      await until(() => clients.answered > down + 20, host)
      expect((await victim.start()).incarnation).toBe(2)
    }
    const healed = clients.answered
    await until(() => clients.answered > healed + 20, host)
    expect(await clients.judge()).toBeUndefined()
    expect(await Promise.all(processes.map((served) => served.stop()))).toEqual([0, 0, 0])
  })

  test('the lock service goes on without a worker that was killed with its lock, and no increment is lost', async () => {
    const { addresses, processes } = await system.start('lock-fixed', ['lock-1', 'counter-1', 'worker-1', 'worker-2', 'worker-3'])
    const { clients, host } = await system.clients(lockFixed, addresses, 3, {})
    const worker = processes[2] as ServedProcess
    for (let i = 0; i < 3; i++) {
      const before = clients.answered
      await until(() => clients.answered > before + 10, host)
      await worker.kill()
      const down = clients.answered
      await until(() => clients.answered > down + 10, host)
      await worker.start()
    }
    expect(await clients.judge()).toBeUndefined()
    expect(await Promise.all(processes.map((served) => served.stop()))).toEqual([0, 0, 0, 0, 0])
  })

  test('the mistake that a simulation finds in the lock service without fencing is found in real processes, too', async () => {
    const { addresses, processes } = await system.start('lock', ['lock-1', 'counter-1', 'worker-1', 'worker-2', 'worker-3'])
    const { clients, host } = await system.clients(lock, addresses, 3, {})
    const counter = processes[1] as ServedProcess
    for (let pause = 0; pause < 30 && clients.found === undefined; pause++) {
      const before = clients.answered
      await until(() => clients.answered > before + 5, host)
      // Longer than a lease of 200 ms: two workers read the same number when it goes on.
      counter.signal('SIGSTOP')
      await host.clock.sleep(ms(450))
      counter.signal('SIGCONT')
    }
    expect(await clients.judge()).toMatchObject({ message: expect.stringContaining('an increment is lost') })
  })

  test('five log brokers lose two to kill -9 at once, and their history passes its judge', async () => {
    const { addresses, processes } = await system.start(
      'broker',
      [1, 2, 3, 4, 5].map((ordinal) => `broker-${ordinal}`),
    )
    const flags = { role: 'broker', ordinal: 1, data: 'unused', peer: [], option: [], grace: 0, log: 'info' } as const
    const { clients, host } = await system.clients(broker, addresses, 3, { ...servedRole(broker, flags, '/').options, thinkMicros: 5_000 })
    const before = clients.answered
    await until(() => clients.answered > before + 20, host)
    await Promise.all(processes.slice(0, 2).map((served) => served.kill()))
    const down = clients.answered
    await until(() => clients.answered > down + 20, host)
    await Promise.all(processes.slice(0, 2).map((served) => served.start()))
    const healed = clients.answered
    await until(() => clients.answered > healed + 20, host)
    expect(await clients.judge()).toBeUndefined()
    expect(await Promise.all(processes.map((served) => served.stop()))).toEqual([0, 0, 0, 0, 0])
  })
})
