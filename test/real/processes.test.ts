import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { servedRole } from '../../cli/serve-options.js'
import lock from '../../examples/lock.scenario.js'
import lockFixed from '../../examples/lock-fixed.scenario.js'
import broker from '../../scenarios/broker.scenario.js'
import raft from '../../scenarios/raft.scenario.js'
import { ms } from '../../sim/host/durations.js'
import type { HostName } from '../../sim/host/seam.js'
import type { PeerAddress, RealHost } from '../../sim/real/index.js'
import type { AnyScenario } from '../../sim/run/scenario.js'
import { type BuiltProgram, buildProgram } from './built-program.js'
import { RealClients } from './real-clients.js'
import { freshAddress, openHost, temporaryFolder, until } from './real-hosts.js'
import { ServedProcess } from './served-process.js'

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram(['examples/lock.scenario.ts', 'examples/lock-fixed.scenario.ts', 'scenarios/raft.scenario.ts', 'scenarios/broker.scenario.ts'])
})
afterAll(() => program?.[Symbol.dispose]())

const started: ServedProcess[] = []
afterEach(async () => {
  for (const served of started.splice(0)) await served.kill()
})

/** Starts every host as a process of its own. */
async function startAll(scenario: string, hosts: readonly HostName[]) {
  const addresses: Record<HostName, PeerAddress> = Object.fromEntries(hosts.map((host) => [host, freshAddress()]))
  const data = temporaryFolder()
  const processes = hosts.map((host) => new ServedProcess({ program, scenario, host, addresses, data: path.join(data, host) }))
  started.push(...processes)
  await Promise.all(processes.map((served) => served.start()))
  return { addresses, processes }
}

async function startClients(scenario: AnyScenario, addresses: Readonly<Record<HostName, PeerAddress>>, count: number, options: Record<string, number>) {
  const hosts: RealHost[] = []
  for (let ordinal = 1; ordinal <= count; ordinal++)
    hosts.push(await openHost({ role: 'client', ordinal, cluster: scenario.system.name, peers: addresses, config: options }))
  return { clients: new RealClients(scenario, options, hosts), host: hosts[0] as RealHost }
}

const raftOptions = { keys: 3, ballastBytes: 100, thinkMicros: 2_000 }

describe('processes of the machine', () => {
  test('three members of a Raft group lose one to kill -9, and then another, and their history is linearizable', async () => {
    const { addresses, processes } = await startAll('raft', ['member-1', 'member-2', 'member-3'])
    const { clients, host } = await startClients(raft, addresses, 3, raftOptions)
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
    const { addresses, processes } = await startAll('lock-fixed', ['lock-1', 'counter-1', 'worker-1', 'worker-2', 'worker-3'])
    const { clients, host } = await startClients(lockFixed, addresses, 3, {})
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
    const { addresses, processes } = await startAll('lock', ['lock-1', 'counter-1', 'worker-1', 'worker-2', 'worker-3'])
    const { clients, host } = await startClients(lock, addresses, 3, {})
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
    const { addresses, processes } = await startAll(
      'broker',
      [1, 2, 3, 4, 5].map((ordinal) => `broker-${ordinal}`),
    )
    const flags = { role: 'broker', ordinal: 1, data: 'unused', peer: [], option: [], grace: 0, log: 'info' } as const
    const { clients, host } = await startClients(broker, addresses, 3, { ...servedRole(broker, flags, '/').options, thinkMicros: 5_000 })
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

  test('a hundred times killed and started again, they leak no handle and stop cleanly', { timeout: 180_000 }, async () => {
    const { addresses, processes } = await startAll('raft', ['member-1', 'member-2', 'member-3'])
    const { clients, host } = await startClients(raft, addresses, 1, { ...raftOptions, thinkMicros: 20_000 })
    const [survivor, ...victims] = processes as [ServedProcess, ...ServedProcess[]]
    await until(() => clients.answered > 5, host)
    const handles = [handlesOf(survivor.pid), handlesOf(process.pid)]
    for (let round = 0; round < 100; round++) {
      const victim = victims[round % 2] as ServedProcess
      await victim.kill()
      expect((await victim.start()).incarnation).toBe(victim.lives)
    }
    const before = clients.answered
    await until(() => clients.answered > before + 5, host)
    await host.clock.sleep(ms(500))
    // A log segment or a snapshot may be open at either time.
    expect(handlesOf(survivor.pid)).toBeLessThanOrEqual((handles[0] as number) + 4)
    expect(handlesOf(process.pid)).toBeLessThanOrEqual((handles[1] as number) + 4)
    expect(await clients.judge()).toBeUndefined()
    expect(await Promise.all(processes.map((served) => served.stop()))).toEqual([0, 0, 0])
  })
})

const handlesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
