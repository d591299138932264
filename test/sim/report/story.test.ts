import { describe, expect, test } from 'vitest'
import { FaultCatalogue, stockFaults } from '../../../sim/faults/catalogue.js'
import type { Injection } from '../../../sim/faults/injection.js'
import { sentence, storyOf } from '../../../sim/report/story.js'

const told = (kind: string, site: string, args: Injection['args'], ordinal = 4) => sentence({ kind, site, ordinal, at: 0, args }, stockFaults)
const time = { forNanos: 900_000_000 }

describe('an injection is told in a sentence', () => {
  test.each<[string, string, Injection['args'], string]>([
    ['net.drop', 'n2>n3 raft.vote', { harmNanos: 0 }, "n2's 4th raft.vote to n3 is lost"],
    ['net.drop', 'n2>*', { ...time, perMille: 125 }, '12.5% of packets from n2 to everybody are lost for 900 ms'],
    ['net.delay', 'n2>n3 raft.vote', { harmNanos: 3_000_000 }, "n2's 4th raft.vote to n3 is delayed, by 3 ms"],
    ['net.corrupt', '*>n3', { ...time, perMille: 1_000 }, 'bits flip in all packets from anybody to n3 for 900 ms'],
    ['net.clog', 'n1>n2', time, 'nothing gets from n1 to n2 for 900 ms; then all of it does'],
    ['net.partition', 'n1', { ...time, shape: 'isolate', groups: [['n1'], ['n2', 'n3', 'n4']] }, 'n1 and n2, n3 and n4 cannot reach each other for 900 ms'],
    ['net.partition', 'n1', { ...time, shape: 'one-way', groups: [['n1'], ['n2']] }, 'what n1 sends does not reach n2 for 900 ms'],
    ['net.flap', 'n1>n2', time, 'the link between n1 and n2 goes down and up again and again for 900 ms'],
    ['net.priority', 'n1>*', { delayNanos: 2_000_000 }, 'everything from n1 to everybody takes 2 ms longer from now on'],
    ['conn.reset', 'n1>n2:7000 #2', {}, 'the connection n1>n2:7000 #2 is reset'],
    ['conn.refuse', 'n1', time, 'n1 refuses connections and requests for 900 ms'],
    ['disk.sync-error', 'n1:log/1 sync', {}, "n1's 4th sync of log/1: syncs fail, and drop what was written"],
    ['disk.slow', 'n1', { ...time, perMille: 500 }, 'the disk is slow on n1, 50% of operations, for 900 ms'],
    ['disk.rot', 'n1', { path: 'log/1', sector: 3, key: 1 }, 'bits flip in sector 3 of log/1 on n1'],
    ['disk.wipe', 'n1', { restartAfterNanos: 5_000_000 }, 'n1 loses its disk, and starts again 5 ms later on an empty one'],
    ['process.crash', 'n1', { beforeEffect: 2, restartAfterNanos: null }, 'n1 crashes in the middle of a step, and stays down'],
    [
      'process.crash-loop',
      'n1',
      { again: [{}, {}], restartAfterNanos: 1_000_000 },
      'n1 crashes, dies 2 more times while it recovers, and starts again 1 ms later',
    ],
    ['process.upgrade', 'n1', { version: 'patient', restartAfterNanos: 1_000_000 }, "n1 is stopped, and starts again 1 ms later as version 'patient'"],
    [
      'power.loss',
      'n1',
      { hosts: ['n1'], restartAfterNanos: [1_000_000], whenWriting: true },
      'n1 loses power right after a write, and what was not synced may go; it starts again 1 ms later',
    ],
    [
      'power.loss',
      '*',
      { hosts: ['n1', 'n2'], restartAfterNanos: [2_000_000, 1_000_000] },
      'n1 and n2 lose power, and what was not synced may go; they start again 1 ms or more later',
    ],
    ['clock.step', 'n1', { byNanos: -2_000_000 }, 'the wall clock of n1 jumps 2 ms back'],
    ['clock.drift', 'n1', { ...time, ppm: 150 }, 'the clocks of n1 run 150 ppm too fast for 900 ms'],
    ['code.maybe', 'n1 wal.small', {}, 'n1 takes the rare path at wal.small, when it comes there for the 4th time'],
    ['code.failpoint', 'n1 wal.sync', { error: 'EIO' }, 'wal.sync on n1 fails with EIO, when it is come to for the 4th time'],
    [
      'store.error',
      'n1>object-store-1 put',
      {},
      "n1's 4th put to object-store-1 is struck: requests to the object store are answered 503 (slow down, nothing done) or 500 (perhaps done)",
    ],
  ])('%s at %s', (kind, site, args, says) => expect(told(kind, site, args)).toBe(says))

  test('of every stock kind that has injections', () => {
    const silent = stockFaults.definitions.filter(({ apply, replayOccurrences, tell }) => (apply ?? replayOccurrences) !== undefined && tell === undefined)
    expect(silent.map(({ kind }) => kind)).toEqual([])
  })

  test('of a kind of its own that has none, by its arguments', () => {
    const catalogue = new FaultCatalogue([{ kind: 'own.flood', meaning: 'water', options: {} }])
    expect(sentence({ kind: 'own.flood', site: 'n1', ordinal: 1, at: 0, args: { metres: 3, forNanos: 1_000_000 } }, catalogue)).toBe(
      'own.flood at n1 (metres 3  for 1 ms)',
    )
  })
})

describe('a story', () => {
  const operation = (client: number, invokedAt: number, completedAt: number | null, outcome: object) =>
    ({ client, op: { f: 'read' }, invokedAtStep: 1, completedAtStep: 2, invokedAt, completedAt, outcome }) as never

  test('tells injections and operations in the order of their times, then what broke', () => {
    const injection: Injection = { kind: 'process.pause', site: 'n1', ordinal: 1, at: 2_000_000, args: time }
    const history = [
      operation(1, 1_000_000, 3_000_000, { kind: 'ok', result: 7 }),
      operation(2, 4_000_000, 5_000_000, { kind: 'fail', error: 'no' }),
      operation(3, 4_500_000, 20_000_000, { kind: 'ok', result: 1 }),
      operation(4, 19_000_000, null, { kind: 'unknown' }),
    ]
    const violation = { check: 'VoteOnce', message: 'n1 voted twice', step: 9, at: 10_000_000, host: 'n1' }
    expect(storyOf({ injections: [injection], history, violation, outcome: 'violation', steps: 9 }, stockFaults)).toEqual([
      '1. At 0.001000 s client-1 asks {"f":"read"}, and at 0.003000 s is answered 7.',
      '2. At 0.002000 s n1 stands still for 900 ms.',
      '3. At 0.004000 s client-2 asks {"f":"read"}, and at 0.005000 s is refused: no.',
      '4. At 0.004500 s client-3 asks {"f":"read"}, and is not answered before the end.',
      'Then, at 0.010000 s, VoteOnce: n1 voted twice',
    ])
  })

  test('goes on after the answer that a judge names when the run did: what came later may be the reason', () => {
    const injection: Injection = { kind: 'process.pause', site: 'n1', ordinal: 1, at: 2_000_000, args: time }
    const history = [operation(1, 500_000, 1_000_000, { kind: 'ok', result: 7 }), operation(2, 3_000_000, 4_000_000, { kind: 'ok', result: 0 })]
    const violation = { check: 'history (lost)', message: '7 is lost', step: 2, at: 1_000_000, host: null }
    expect(storyOf({ injections: [injection], history, violation, outcome: 'violation', steps: 9 }, stockFaults)).toEqual([
      '1. At 0.000500 s client-1 asks {"f":"read"}, and at 0.001000 s is answered 7.',
      '2. At 0.002000 s n1 stands still for 900 ms.',
      '3. At 0.003000 s client-2 asks {"f":"read"}, and at 0.004000 s is answered 0.',
      'In the end, of what was answered at 0.001000 s, history (lost): 7 is lost',
    ])
  })

  test('only counts operations where they are many, and says when no fault is needed', () => {
    const history = Array.from({ length: 40 }, () => operation(1, 1, 2, { kind: 'ok', result: 7 }))
    expect(storyOf({ injections: [], history, violation: undefined, outcome: 'passed', steps: 9 }, stockFaults)).toEqual([
      'No fault is needed.',
      'Meanwhile the clients ask 40 times.',
    ])
  })
})
