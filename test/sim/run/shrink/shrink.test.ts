import { describe, expect, test } from 'vitest'
import lock from '../../../../examples/lock.scenario.js'
import lockFixed from '../../../../examples/lock-fixed.scenario.js'
import store from '../../../../examples/store.scenario.js'
import { catalogueOf } from '../../../../sim/faults/catalogue.js'
import { ms, s } from '../../../../sim/host/durations.js'
import { storyOf } from '../../../../sim/report/story.js'
import { requestOf } from '../../../../sim/run/replay.js'
import { run } from '../../../../sim/run/run.js'
import { failureShape, isSameFailure } from '../../../../sim/run/shrink/failure-shape.js'
import type { ShrinkProgress } from '../../../../sim/run/shrink/search.js'
import { shrink } from '../../../../sim/run/shrink/shrink.js'

const lockRequest = { scenario: lock, seed: '1', duration: s(4) }
const lockReport = await run(lockRequest)
const ofLock = await shrink(lockRequest, lockReport, { timeMillis: 300_000 })

describe('the lock that loses an increment', () => {
  test('is one pause and two increments', () => {
    expect(lockReport.outcome).toBe('violation')
    expect(ofLock.after).toMatchObject({ injections: 1, operations: 2 })
    expect(ofLock.replay.injections).toMatchObject([{ kind: 'process.pause', site: 'counter-1' }])
    expect(ofLock.replay.topology).toEqual({ client: 2 })
    expect(ofLock.after.steps).toBeLessThan(60)
  })

  test('is 1-minimal, and fails the same way when its replay is run', async () => {
    expect(ofLock).toMatchObject({ isMinimal: true, stopped: null })
    const request = requestOf(ofLock.replay, lock)
    const again = await run(request)
    expect(isSameFailure(failureShape(lockReport)!, failureShape(again))).toBe(true)
    expect(again.traceHash).toBe(ofLock.replay.found.traceHash)
    const without = await run({ ...request, plan: { ...request.plan, injections: [] } })
    expect(without.outcome).toBe('passed')
  })

  test('is the same when it is shrunk again', async () => {
    const again = await shrink(lockRequest, lockReport, { timeMillis: 300_000 })
    expect(again.replay).toEqual(ofLock.replay)
    expect(again.runs).toBe(ofLock.runs)
  })

  test('is told as a story in the order of its times', () => {
    const story = storyOf(ofLock.report, catalogueOf(lock))
    expect(story).toHaveLength(4)
    expect(story[0]).toMatch(/^1\. At 0\.\d{6} s counter-1 stands still for \d+ ms\.$/)
    expect(story[2]).toMatch(/^3\. At \d+\.\d{6} s client-\d asks "worker-\d", and at \d+\.\d{6} s is answered \d+\.$/)
    expect(story.at(-1)).toMatch(/^Then, at \d+\.\d{6} s, history: client-\d counted what another client did: an increment is lost$/)
  })

  test('does not fail once it is repaired', async () => {
    const repaired = await run(requestOf({ ...ofLock.replay, scenario: 'lock-fixed' }, lockFixed))
    expect(repaired.outcome).toBe('passed')
  })
})

describe('the store that reads one replica', () => {
  test('is one fault and a write that a read misses', async () => {
    const request = { scenario: store, seed: '8', duration: s(12) }
    const report = await run(request)
    expect(report.violation?.check).toBe('not linearizable (register)')
    const { after, replay, isMinimal } = await shrink(request, report, { timeMillis: 300_000 })
    expect(after).toMatchObject({ injections: 1, operations: 2 })
    expect(replay.operations?.map(({ op }) => (op as { f: string }).f)).toEqual(['write', 'read'])
    expect(replay.found.check).toBe('not linearizable (register)')
    expect(isMinimal).toBe(true)
  })
})

describe('a shrinker that is interrupted', () => {
  test('keeps the smallest run so far, which fails, and does not call it minimal', async () => {
    const controller = new AbortController()
    let last: ShrinkProgress | undefined
    const shrunk = await shrink(lockRequest, lockReport, {
      signal: controller.signal,
      onProgress: (progress) => {
        last = progress
        if (progress.operations < lockReport.history.length / 2) controller.abort()
      },
    })
    expect(last?.runs).toBeGreaterThan(0)
    expect(shrunk).toMatchObject({ isMinimal: false, stopped: 'interrupted' })
    expect(shrunk.after.operations).toBeLessThan(lockReport.history.length)
    expect((await run(requestOf(shrunk.replay, lock))).violation?.check).toBe('history')
  })

  test('before it began gives the run as it was', async () => {
    const shrunk = await shrink(lockRequest, lockReport, { signal: AbortSignal.abort() })
    expect(shrunk).toMatchObject({ isMinimal: false, stopped: 'interrupted', runs: 0 })
    expect(shrunk.after.injections).toBe(shrunk.before.injections)
  })
})

test('a run that passed cannot be shrunk', async () => {
  const request = { scenario: lockFixed, seed: '1', duration: ms(200) }
  await expect(shrink(request, await run(request))).rejects.toThrow('did not fail (passed): there is nothing to shrink')
})

test('injections that do not make the failure again are said to be none', async () => {
  const request = { scenario: lock, seed: '1', duration: s(4) }
  await expect(shrink(request, { ...lockReport, injections: [] })).rejects.toThrow('do not fail as the run did (history)')
})
