import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { PerfettoFile } from '../../cli/perfetto-file.js'
import { TraceColumns } from '../../cli/trace-columns.js'
import { type Host, ms, protocol, run, scenario, system, type TraceSink, workload } from '../../sim/index.js'
import { plain } from '../../sim/report/palette.js'
import { freshFolder } from './seedfall.js'

const Note = protocol<{ take: { req: string; res: null } }>('note')

/** Two hosts; the first sends a note to the second every 10 ms. */
const notes = scenario({
  name: 'notes',
  system: system({
    name: 'notes',
    roles: {
      node: {
        count: 2,
        boot: (host: Host) => {
          const process = { taken: 0 }
          host.net.serve(Note, {
            take: () => {
              process.taken++
              host.log.info('taken "it"')
              return null
            },
          })
          if (host.name === 'node-1') host.clock.every(ms(10), () => host.net.send(Note, 'node-2', 'take', 'text'))
          return process
        },
      },
    },
    survives: {},
    columns: ({ taken }) => ({ taken }),
  }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'none' },
  duration: ms(100),
  healAt: ms(100),
})

const traced = (trace: TraceSink) => run({ scenario: notes, seed: '1', trace })

test('--trace has a column for step, time, host, role, status, event and what the system shows', async () => {
  const lines: string[] = []
  const terminal = { out: (text: string) => lines.push(text), error: () => {}, paint: plain, width: 160, folder: '.', program: 'seedfall' }
  await traced(new TraceColumns(terminal))
  expect(lines[0]).toMatch(/^ +step +at {2}host +role +status +event$/)
  expect(lines[1]).toMatch(/^ +1 +0\.000000 s {2}node-1#1 +node +up +boot {2}\[taken 0\] {2}<- 0 {2}[0-9a-f]{16}$/)
  const arrival = lines.findIndex((line) => line.includes('message note.take from node-1 "text"'))
  expect(lines[arrival]).toMatch(/^ +4 +0\.010\d+ s {2}node-2#1 +node +up +message note\.take from node-1 "text" {2}\[taken 1\] {2}<- 3 {2}/)
  expect(lines[arrival - 1]).toMatch(/^ +node-2#1 +node +up +· log\.info taken "it"$/)
})

test('a Perfetto file is valid JSON: a thread a host, a slice a step, an arrow from a message to its arrival', async () => {
  const file = path.join(freshFolder(), 'x.perfetto.json')
  const sink = new PerfettoFile(file)
  const report = await traced(sink)
  sink.close()
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: Record<string, unknown>[] }
  const of = (phase: string) => traceEvents.filter(({ ph }) => ph === phase)
  expect(of('M').map(({ args }) => (args as { name?: string }).name)).toEqual(['simulation', 'node-1', undefined, 'node-2', undefined])
  expect(of('X')).toHaveLength(report.steps)
  expect(of('X')[0]).toMatchObject({ tid: 1, ts: 0, name: 'boot', args: { step: 1, incarnation: 1, cause: 0 } })
  expect(of('i')[0]).toMatchObject({ tid: 2, name: 'log.info', args: { detail: 'taken "it"' } })
  // The notes of 10 ms, 20 ms, … arrive; the last is still under way.
  const arrivals = of('X').filter(({ cat }) => cat === 'message')
  expect(arrivals.length).toBeGreaterThanOrEqual(9)
  expect(of('s')).toHaveLength(arrivals.length)
  for (const [i, start] of of('s').entries()) {
    const finish = of('f')[i]!
    expect(start).toMatchObject({ id: finish.id, tid: 1 })
    expect(finish).toMatchObject({ tid: 2, bp: 'e' })
    expect(finish.ts as number).toBeGreaterThan(start.ts as number)
  }
})
