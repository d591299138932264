import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import lock from '../../../examples/lock.scenario.js'
import { s } from '../../../sim/host/durations.js'
import { isPlainJson, operationsOf, type PlannedOperation } from '../../../sim/run/planned-operation.js'
import type { RunRequest } from '../../../sim/run/report.js'
import { run } from '../../../sim/run/run.js'

const request: RunRequest = { scenario: lock, seed: '4', duration: s(2), strategy: 'none' }
const drawn = await run(request)
const listed = operationsOf(drawn.history, undefined)
const planned = (operations: readonly PlannedOperation[], more: Partial<RunRequest> = {}) => run({ ...request, operations, ...more })

describe('a run whose operations are listed', () => {
  test('is the run in which clients drew them, step for step while there are any', async () => {
    const last = drawn.history.at(-1)!.invokedAtStep
    const [before, after] = [await run({ ...request, untilStep: last }), await planned(listed, { untilStep: last })]
    expect(listed.length).toBeGreaterThan(100)
    expect(after.traceHash).toBe(before.traceHash)
  })

  test('performs a part of them at their times', async () => {
    const some = listed.filter((_, i) => i % 7 === 0)
    const { history, outcome } = await planned(some)
    expect(outcome).toBe('passed')
    expect(history.map(({ client, op }) => [client, op])).toEqual(some.map(({ client, op }) => [client, op]))
    for (const [i, { invokedAt }] of history.entries()) expect(invokedAt).toBeGreaterThanOrEqual(some[i]!.at)
    expect(operationsOf(history, some).map(({ index }) => index)).toEqual(some.map(({ index }) => index))
  })

  test('draws an operation again by its index where the list has none', async () => {
    const bare = listed.map(({ client, index, at }) => ({ client, index, at }))
    expect((await planned(bare)).traceHash).toBe((await planned(listed)).traceHash)
  })

  test('without any passes, its clients idle', async () => {
    expect(await planned([])).toMatchObject({ outcome: 'passed', history: [] })
  })

  test.each([
    [{ client: 7, index: 0, at: 0 }, 'an operation is planned for client 7: this run of lock has 3 clients'],
    [{ client: 1, index: 0.5, at: 0 }, 'a planned operation is { client, index, at }'],
  ])('is refused when no client could perform one', async (operation, says) => {
    await expect(planned([operation])).rejects.toThrow(says)
  })
})

test('a value is plain JSON when it comes back from it as it was', () => {
  for (const value of [undefined, Number.NaN, -0, 1n, new Map(), new Uint8Array(2), [undefined], { a: () => 1 }]) expect(isPlainJson(value)).toBe(false)
  fc.assert(
    fc.property(fc.anything({ withMap: true, withBigInt: true, withDate: true }), (value) => {
      if (isPlainJson(value)) expect(JSON.parse(JSON.stringify(value))).toEqual(value)
    }),
  )
})
