import { expect, test } from 'vitest'
import type { Injection } from '../../../../sim/faults/injection.js'
import type { RunReport } from '../../../../sim/run/report.js'
import { sizeOf } from '../../../../sim/run/shrink/shrunk.js'

const pauseAt = (at: number): Injection => ({ kind: 'process.pause', site: 'n1', ordinal: 1, at, args: {} })
const reportOf = (violationStep: number) =>
  ({
    injections: [pauseAt(1), pauseAt(9)],
    occurrences: [pauseAt(2), pauseAt(8)],
    history: [],
    hosts: [],
    steps: 20,
    violation: { check: 'c', message: 'm', step: violationStep, at: 5, host: null },
    durationNanos: 10,
    virtualNanos: 10,
  }) as unknown as RunReport

test('a run that ended where it failed is as large as what came before', () => {
  expect(sizeOf(reportOf(20))).toMatchObject({ injections: 1, occurrences: 1, failedAtNanos: 5 })
})

test('a run whose judge names an earlier answer is as large as all of it: an acknowledged record may be lost by a fault that comes later', () => {
  expect(sizeOf(reportOf(10))).toMatchObject({ injections: 2, occurrences: 2, failedAtNanos: 5 })
})
