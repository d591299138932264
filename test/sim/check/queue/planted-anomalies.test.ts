import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkQueue } from '../../../../sim/check/queue/check-queue.js'
import type { DoneStep, QueueAnswer, QueueOperation, QueueRecord } from '../../../../sim/check/queue/queue-operation.js'
import { ms } from '../../../../sim/host/durations.js'

/** What was sent and polled in a run of a correct log: one key, in the order of its offsets, and who polled which part of it. */
interface Run {
  readonly records: QueueRecord[]
  /** Offset by value; offsets have gaps, as those of transactions do. */
  readonly offsets: readonly number[]
}

function operation(
  client: number,
  begins: number,
  ends: number,
  f: 'send' | 'poll' | 'txn',
  steps: readonly DoneStep[],
  kind: 'ok' | 'fail' | 'unknown' = 'ok',
): QueueRecord {
  const op: QueueOperation = { f, value: steps.map((step) => (step[0] === 'poll' ? ['poll'] : ['send', step[1], step[2][1]])) }
  const answer: QueueAnswer = { steps }
  return {
    client,
    op,
    invokedAtStep: begins,
    invokedAt: ms(begins),
    completedAtStep: ends,
    completedAt: ms(ends),
    outcome: kind === 'ok' ? { kind, result: answer } : kind === 'fail' ? { kind, error: 'aborted', seen: answer } : { kind, seen: answer },
  }
}

const sendOf = (run: Run, value: number, key = 'k'): DoneStep => ['send', key, [run.offsets[value]!, value]]
const pollOf = (run: Run, from: number, to: number): DoneStep => [
  'poll',
  { k: Array.from({ length: to - from }, (_, i) => [run.offsets[from + i]!, from + i] as const) },
]

/**
 * At least ten values, sent by client 1, some in one transaction, and some aborted polls; clients 2 and 3 poll all of them in parts of drawn sizes. What is sent
 * later is polled later.
 */
const correctRuns: fc.Arbitrary<Run> = fc
  .record({
    gaps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 10, maxLength: 20 }),
    parts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 10 }),
    inDoubt: fc.boolean(),
    aborts: fc.boolean(),
  })
  .map(({ gaps, parts, inDoubt, aborts }) => {
    let offset = 0
    const run: Run = { records: [], offsets: gaps.map((gap) => (offset += gap)) }
    const { records, offsets } = run
    let step = 0
    const add = (client: number, f: 'send' | 'poll' | 'txn', steps: readonly DoneStep[], kind: 'ok' | 'fail' | 'unknown' = 'ok'): void => {
      records.push(operation(client, step + 1, step + 2, f, steps, kind))
      step += 2
    }
    const parted = (visit: (from: number, to: number, part: number) => void): void => {
      let from = 0
      for (let part = 0; from < offsets.length; part++) {
        const to = Math.min(offsets.length, from + parts[part % parts.length]!)
        visit(from, to, part)
        from = to
      }
    }
    parted((from, to, part) =>
      add(
        1,
        'send',
        Array.from({ length: to - from }, (_, i) => sendOf(run, from + i)),
        inDoubt && part === 1 ? 'unknown' : 'ok',
      ),
    )
    for (const client of [2, 3]) {
      parted((from, to, part) => {
        if (aborts && part === 1) add(client, 'txn', [pollOf(run, from, to)], 'fail')
        add(client, 'poll', [pollOf(run, from, to)])
      })
    }
    return run
  })

const step = (run: Run): number => run.records.at(-1)!.completedAtStep!
/** Adds an operation after all others. */
const after = (run: Run, client: number, f: 'send' | 'poll' | 'txn', steps: readonly DoneStep[], kind: 'ok' | 'fail' | 'unknown' = 'ok'): void => {
  run.records.push(operation(client, step(run) + 1, step(run) + 2, f, steps, kind))
}
/** Two operations at the same time, after all others. */
const together = (run: Run, first: readonly DoneStep[], second: readonly DoneStep[]): void => {
  const at = step(run)
  run.records.push(operation(7, at + 1, at + 3, 'txn', first), operation(8, at + 2, at + 4, 'txn', second))
}
const high = (run: Run): number => run.offsets.at(-1)!

/** Each leaves all that Jepsen's other checks look at as it should be. */
const plants: Record<string, (run: Run) => void> = {
  'inconsistent-offsets': (run) => {
    after(run, 4, 'send', [['send', 'k', [high(run), 1_000]]])
    after(run, 5, 'poll', [['poll', { k: [[high(run), 1_000]] }]])
  },
  duplicate: (run) => after(run, 5, 'poll', [['poll', { k: [[high(run) + 5, 3]] }]]),
  G1a: (run) => {
    after(run, 4, 'send', [['send', 'k', [high(run) + 5, 1_000]]], 'fail')
    after(run, 5, 'poll', [['poll', { k: [[high(run) + 5, 1_000]] }]])
  },
  'garbage-read': (run) => after(run, 5, 'poll', [['poll', { k: [[high(run) + 5, 1_000]] }]]),
  'precommitted-read': (run) => {
    after(run, 6, 'txn', [
      ['send', 'other', [0, 1_000]],
      ['poll', { other: [[0, 1_000]] }],
    ])
  },
  'lost-write': (run) => {
    after(run, 4, 'send', [['send', 'lost', [0, 2_000]]])
    after(run, 4, 'send', [['send', 'lost', [1, 2_001]]])
    after(run, 5, 'poll', [['poll', { lost: [[1, 2_001]] }]])
  },
  'poll-skip': (run) => {
    after(run, 5, 'poll', [pollOf(run, 0, 2)])
    after(run, 5, 'poll', [pollOf(run, 4, 6)])
  },
  'nonmonotonic-poll': (run) => {
    after(run, 5, 'poll', [pollOf(run, 0, 4)])
    after(run, 5, 'poll', [pollOf(run, 2, 5)])
  },
  'nonmonotonic-send': (run) => {
    after(run, 4, 'send', [['send', 'k', [high(run) + 2, 1_001]]])
    after(run, 4, 'send', [['send', 'k', [high(run) + 1, 1_000]]])
    after(run, 5, 'poll', [['poll', { k: [[high(run) + 1, 1_000] as const, [high(run) + 2, 1_001] as const] }]])
  },
  'int-poll-skip': (run) => after(run, 5, 'poll', [pollOf(run, 0, 2), pollOf(run, 4, 6)]),
  'int-nonmonotonic-poll': (run) => after(run, 5, 'poll', [pollOf(run, 0, 4), pollOf(run, 2, 5)]),
  'int-send-skip': (run) => {
    together(
      run,
      [
        ['send', 'k', [high(run) + 1, 1_000]],
        ['send', 'k', [high(run) + 3, 1_002]],
      ],
      [['send', 'k', [high(run) + 2, 1_001]]],
    )
    after(run, 5, 'poll', [['poll', { k: [1, 2, 3].map((i) => [high(run) + i, 999 + i] as const) }]])
  },
  'int-nonmonotonic-send': (run) => {
    after(run, 4, 'txn', [
      ['send', 'k', [high(run) + 2, 1_001]],
      ['send', 'k', [high(run) + 1, 1_000]],
    ])
    after(run, 5, 'poll', [['poll', { k: [[high(run) + 1, 1_000] as const, [high(run) + 2, 1_001] as const] }]])
  },
  unseen: (run) => after(run, 4, 'send', [['send', 'k', [high(run) + 1, 1_000]]]),
  G1c: (run) =>
    together(
      run,
      [
        ['send', 'a', [0, 1_000]],
        ['poll', { b: [[0, 1_001]] }],
      ],
      [
        ['send', 'b', [0, 1_001]],
        ['poll', { a: [[0, 1_000]] }],
      ],
    ),
  'G1c-process': (run) => {
    after(run, 9, 'poll', [['poll', { a: [[0, 1_000]] }]])
    after(run, 9, 'send', [['send', 'a', [0, 1_000]]])
  },
  'G1c-realtime': (run) => {
    after(run, 8, 'poll', [['poll', { a: [[0, 1_000]] }]])
    after(run, 9, 'send', [['send', 'a', [0, 1_000]]])
  },
  G0: (run) => {
    together(
      run,
      [
        ['send', 'a', [0, 1_000]],
        ['send', 'b', [1, 1_001]],
      ],
      [
        ['send', 'a', [1, 1_002]],
        ['send', 'b', [0, 1_003]],
      ],
    )
    after(run, 9, 'poll', [['poll', { a: [[0, 1_000] as const, [1, 1_002] as const], b: [[0, 1_003] as const, [1, 1_001] as const] }]])
  },
}

const names = (run: Run, writeOrder: boolean): string[] => [...new Set(checkQueue(run.records, { writeOrder }).anomalies.map(({ name }) => name))]
const copied = (run: Run): Run => ({ ...run, records: [...run.records] })

describe('of histories of a correct log', () => {
  test('nothing is said', () => {
    fc.assert(
      fc.property(correctRuns, (run) => {
        expect(names(run, true)).toEqual([])
        expect(checkQueue(run.records).verdict).toBe('yes')
      }),
      { numRuns: 100 },
    )
  })

  test.each(Object.keys(plants))('one with %s planted is told by that name, and no other', (name) => {
    fc.assert(
      fc.property(correctRuns, (run) => {
        const changed = copied(run)
        plants[name]!(changed)
        expect(names(changed, name === 'G0')).toEqual([name])
      }),
      { numRuns: 25 },
    )
  })
})
