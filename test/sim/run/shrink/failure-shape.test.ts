import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../../../sim/run/report.js'
import { failureShape, isSameFailure } from '../../../../sim/run/shrink/failure-shape.js'

const failed = (outcome: Outcome, check: string, message: string) => failureShape({ outcome, violation: { check, message, step: 1, at: 1, host: null } })!
const isSame = (a: [Outcome, string, string], b: [Outcome, string, string]) => isSameFailure(failed(...a), failed(...b))

describe('two failures are the same', () => {
  test.each<[string, [Outcome, string, string], [Outcome, string, string], boolean]>([
    ['when the same invariant is broken, whatever it says', ['violation', 'VoteOnce', 'a voted'], ['violation', 'VoteOnce', 'b did'], true],
    ['not when another is', ['violation', 'VoteOnce', 'x'], ['violation', 'LogMatching', 'x'], false],
    ['not when a stall has the name of a check', ['violation', 'progress', 'x'], ['stalled', 'progress', 'x'], false],
    [
      'when a judge without names says the same of other clients',
      ['violation', 'history', 'client-1 lost 7'],
      ['violation', 'history', 'client-22 lost 9.5'],
      true,
    ],
    ['not when it says something else', ['violation', 'history', 'client-1 lost 7'], ['violation', 'history', 'client-1 read 7 twice'], false],
    [
      'when an error of a class has the same words',
      ['crashed', 'TypeError', "on a-1: 'x' is undefined"],
      ['crashed', 'TypeError', "on a-2: 'y' is undefined"],
      true,
    ],
    ['not when it has others', ['crashed', 'Error', 'on a-1: no majority'], ['crashed', 'Error', 'on a-1: torn record'], false],
  ])('%s', (_, a, b, isIt) => expect(isSame(a, b)).toBe(isIt))

  test('a run that passed or was interrupted is none', () => {
    expect(failureShape({ outcome: 'passed', violation: undefined })).toBeNull()
    expect(failureShape({ outcome: 'interrupted', violation: undefined })).toBeNull()
  })
})
