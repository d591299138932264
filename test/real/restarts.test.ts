import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import raft from '../../scenarios/raft.scenario.js'
import { ms } from '../../sim/host/durations.js'
import { until } from './real-hosts.js'
import type { ServedProcess } from './served-process.js'
import { servedSystem } from './served-system.js'

const system = servedSystem(['scenarios/raft.scenario.ts'])

test('a hundred times killed and started again, they leak no handle and stop cleanly', { timeout: 300_000 }, async () => {
  const { addresses, processes } = await system.start('raft', ['member-1', 'member-2', 'member-3'])
  const { clients, host } = await system.clients(raft, addresses, 1, { keys: 3, ballastBytes: 100, thinkMicros: 20_000 })
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

const handlesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
