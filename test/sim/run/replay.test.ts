import { describe, expect, test } from 'vitest'
import lock from '../../../examples/lock.scenario.js'
import { operationsOf } from '../../../sim/run/planned-operation.js'
import { formatReplay, parseReplay, provenReplay, replayOf, replayVersion, requestOf } from '../../../sim/run/replay.js'
import { run } from '../../../sim/run/run.js'

const request = { scenario: lock, seed: '1' }
const report = await run(request)
const replay = await provenReplay(request, report)

describe('a replay', () => {
  test('lists the injections of the run and finds the same violation, event for event', async () => {
    expect(report.outcome).toBe('violation')
    expect(replay.injections).toHaveLength(report.injections.length)
    const again = await run(requestOf(parseReplay(formatReplay(replay)), lock))
    expect(again.violation?.message).toBe(report.violation?.message)
    expect(again.traceHash).toBe(replay.found.traceHash)
    expect(again.stale).toEqual([])
  })

  test("keeps the seed's own injections when the list alone does not find the failure", async () => {
    const seeded = await provenReplay(request, { ...report, injections: [] })
    expect(seeded.injections).toBe('seeded')
    expect((await run(requestOf(seeded, lock))).traceHash).toBe(report.traceHash)
  })

  test('of the version before has no operations and no hosts of its own, and makes the same run', async () => {
    const older = parseReplay(JSON.stringify({ ...replay, version: 2 }))
    expect(older.version).toBe(replayVersion)
    expect((await run(requestOf(older, lock))).traceHash).toBe(replay.found.traceHash)
  })

  test('with operations and fewer clients is the same run again', async () => {
    const operations = operationsOf(report.history, undefined)
      .filter(({ client }) => client < 3)
      .slice(0, 40)
    const fewer = { ...request, operations, topology: { client: 2 }, duration: 3e9 }
    const asked = await run(fewer)
    expect(asked.history).toHaveLength(40)
    const kept = parseReplay(formatReplay(replayOf(fewer, asked, [], 'lock.scenario.ts')))
    expect(kept.operations).toEqual(operations)
    const again = await run(requestOf({ ...kept, injections: [] }, lock))
    expect(again.history.map(({ client, op }) => ({ client, op }))).toEqual(operations.map(({ client, op }) => ({ client, op })))
  })

  test.each([
    [{ topology: { client: 9 } }, "does not fit scenario lock: the topology says 9 hosts for 'client'"],
    [{ topology: { nobody: 1 } }, "does not fit scenario lock: the topology names a role 'nobody'"],
    [{ operations: [{ client: 4, index: 0, at: 0 }] }, 'does not fit scenario lock: an operation is planned for client 4'],
  ])('for which its scenario has no place is refused', (more, says) => {
    expect(() => requestOf(parseReplay(JSON.stringify({ ...replay, ...more })), lock)).toThrow(says)
  })

  test.each([
    ['', 'is not JSON'],
    ['[]', 'is not a replay file'],
    [JSON.stringify({ ...replay, version: 0 }), 'has the older format 0'],
    [JSON.stringify({ ...replay, version: 99 }), 'has the newer format 99'],
    [JSON.stringify({ ...replay, durationNanos: -1 }), "is broken at 'durationNanos'"],
    [JSON.stringify({ ...replay, found: undefined }), "is broken at 'found'"],
    [
      JSON.stringify({ ...replay, injections: [{ kind: 'net.drop', site: '*>*', ordinal: 1, at: 'soon', args: {} }] }),
      "is broken at 'injections.0.at': it cannot be 'soon'",
    ],
  ])('%#: text that is none is refused', (text, says) => expect(() => parseReplay(text)).toThrow(says))
})
