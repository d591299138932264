import { describe, expect, test } from 'vitest'
import lock from '../../../examples/lock.scenario.js'
import { formatReplay, parseReplay, provenReplay, requestOf } from '../../../sim/run/replay.js'
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

  test.each([
    ['', 'is not JSON'],
    ['[]', 'is not a replay file'],
    [JSON.stringify({ ...replay, version: 0 }), 'has the older format 0'],
    [JSON.stringify({ ...replay, version: 99 }), 'has the newer format 99'],
    [JSON.stringify({ ...replay, durationNanos: -1 }), "is broken at 'durationNanos'"],
    [JSON.stringify({ ...replay, found: undefined }), "is broken at 'found'"],
  ])('%#: text that is none is refused', (text, says) => expect(() => parseReplay(text)).toThrow(says))
})
