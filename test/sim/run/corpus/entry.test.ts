import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CorpusEntry, entryOfReplay, formatEntry, isEntryName, nameFor, parseEntry } from '../../../../sim/run/corpus/entry.js'
import { RefusedEntry } from '../../../../sim/run/corpus/refused-entry.js'
import { formatReplay, type Replay, replayVersion } from '../../../../sim/run/replay.js'

const replay: Replay = {
  format: 'seedfall-replay',
  version: replayVersion,
  scenario: 'lock',
  file: 'examples/lock.scenario.ts',
  seed: '1',
  strategy: 'random',
  durationNanos: 4e9,
  options: { thinkMicros: 2_000 },
  injections: [
    { kind: 'process.pause', site: 'counter-1', ordinal: 1, at: 2, args: { forNanos: 3 } },
    { kind: 'net.delay', site: '*>*', ordinal: 1, at: 3, args: { key: [1, 2] } },
  ],
  found: { outcome: 'violation', check: 'history', message: 'an increment is lost\nas told', steps: 9, traceHash: '5caf32fbb7daa60f' },
}
const entry: CorpusEntry = { name: 'lost-increment', note: 'An increment is lost.', expect: 'fails', replay }

const words = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}$/)
const times = fc.nat({ max: 2 ** 50 })
const injections = fc.record({ kind: words, site: fc.string(), ordinal: fc.nat(), at: times, args: fc.dictionary(words, fc.jsonValue()) })
const found = fc.record(
  {
    outcome: fc.constantFrom('violation', 'stalled', 'crashed', 'runaway'),
    check: fc.string(),
    message: fc.string(),
    step: fc.nat(),
    at: times,
    steps: fc.nat(),
    traceHash: fc.string(),
  },
  { requiredKeys: ['outcome', 'steps', 'traceHash'] },
)
const replays = fc.record(
  {
    format: fc.constant('seedfall-replay' as const),
    version: fc.constant(replayVersion),
    scenario: fc.string(),
    file: fc.string(),
    seed: fc.string({ minLength: 1 }),
    salt: fc.string(),
    strategy: fc.constantFrom('random', 'targeted', 'burst', 'rolling', 'pct', 'none'),
    kinds: fc.array(words),
    ambient: fc.constantFrom('trap', 'virtual', 'off'),
    durationNanos: fc.integer({ min: 1, max: 2 ** 50 }),
    options: fc.dictionary(words, fc.integer()),
    injections: fc.oneof(fc.constant('seeded' as const), fc.array(injections, { maxLength: 5 })),
    found,
  },
  { requiredKeys: ['format', 'version', 'scenario', 'seed', 'strategy', 'durationNanos', 'options', 'injections', 'found'] },
)
const entries = fc.record(
  {
    name: words,
    note: fc.string({ minLength: 1 }),
    expect: fc.constantFrom('passes', 'fails'),
    traceHash: fc.stringMatching(/^[0-9a-f]{16}$/),
    replay: replays,
  },
  { requiredKeys: ['name', 'note', 'expect', 'replay'] },
)

describe('the file of an entry', () => {
  test('reads as the entry that was written, and writes the same text again', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const text = formatEntry(written as CorpusEntry)
        // JSON knows one zero.
        const read = parseEntry(text, written.name)
        expect(read).toEqual(JSON.parse(JSON.stringify(written)))
        expect(formatEntry(read)).toBe(text)
      }),
      { numRuns: 150 },
    )
  })

  test('has the options of one kind on a line', () => {
    const options = { keys: 3, 'net.delay.everyMillis': 1, 'net.delay.mostMillis': 2, 'net.drop.perMille': 3, 'disk.model': 4 }
    const lines = formatEntry({ ...entry, replay: { ...replay, options } }).split('\n')
    const from = lines.indexOf('    "options": {')
    expect(lines.slice(from + 1, from + 6)).toEqual([
      '      "keys": 3,',
      '      "net.delay.everyMillis": 1, "net.delay.mostMillis": 2,',
      '      "net.drop.perMille": 3,',
      '      "disk.model": 4',
      '    },',
    ])
  })

  test('has each injection on a line of its own, and its fields in one order whatever order they came in', () => {
    const text = formatEntry(entry)
    expect(text.split('\n').filter((line) => line.includes('"kind"'))).toEqual([
      '      {"kind":"process.pause","site":"counter-1","ordinal":1,"at":2,"args":{"forNanos":3}},',
      '      {"kind":"net.delay","site":"*>*","ordinal":1,"at":3,"args":{"key":[1,2]}}',
    ])
    const { replay: of, expect: so, note, name } = entry
    expect(formatEntry({ replay: of, expect: so, note, name })).toBe(text)
    expect(Object.keys(JSON.parse(text))).toEqual(['format', 'version', 'name', 'note', 'expect', 'replay'])
  })

  test('may be a replay file as a run left it: it expects what that found', () => {
    expect(parseEntry(formatReplay(replay), 'lock-1')).toEqual({ name: 'lock-1', note: 'an increment is lost', expect: 'fails', replay })
  })

  test('may hold a replay of the format before, which is read as it is and written anew', () => {
    const old = JSON.stringify({ ...JSON.parse(formatEntry(entry)), replay: { ...replay, version: 2 } })
    expect(parseEntry(old, 'lost-increment')).toEqual(entry)
    expect(formatEntry(parseEntry(old, 'lost-increment'))).toContain(`"version": ${replayVersion}`)
  })

  const changed = (change: object) => JSON.stringify({ ...JSON.parse(formatEntry(entry)), ...change })
  test.each([
    ['', 'is not JSON'],
    ['[]', 'is neither an entry of a corpus nor a replay file'],
    ['null', 'is neither an entry of a corpus nor a replay file'],
    [changed({ version: 99 }), 'has the format 99, and this Seedfall reads format 1: update seedfall'],
    [changed({ note: '' }), "is broken at 'note': it cannot be ''"],
    [changed({ expect: 'perhaps' }), "is broken at 'expect': it cannot be 'perhaps'"],
    [changed({ note: undefined }), "is broken at 'note': it is missing"],
    [changed({ colour: 'red' }), "is broken at 'colour'"],
    [changed({ name: 'other' }), "calls itself 'other': its file must be called other.json"],
    [changed({ replay: { ...replay, durationNanos: -1 } }), "holds a replay that is broken at 'durationNanos'"],
    [changed({ replay: { ...replay, version: 1 } }), 'holds a replay that has the older format 1'],
    [changed({ replay: { ...replay, found: { ...replay.found, outcome: 'passed' } } }), 'holds a replay that found nothing (passed)'],
  ])('%#: is refused with what is wrong', (text, says) => expect(() => parseEntry(text, 'lost-increment')).toThrow(says))

  test('that is refused for the age of its replay tells what is needed to find the failure again', () => {
    try {
      parseEntry(changed({ replay: { ...replay, version: 1, injections: { shape: 'of old' } } }), 'lost-increment')
      expect.unreachable()
    } catch (error) {
      expect((error as RefusedEntry).remains).toMatchObject({
        scenario: 'lock',
        file: 'examples/lock.scenario.ts',
        seed: '1',
        expect: 'fails',
        note: 'An increment is lost.',
        found: { outcome: 'violation', check: 'history' },
      })
    }
  })

  test('no text makes the reader throw anything but a refusal', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.constantFrom(...Object.keys(JSON.parse(formatEntry(entry)))), fc.jsonValue()).map(([key, value]) => changed({ [key]: value })),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseEntry(text, 'lost-increment')
        } catch (error) {
          expect(error).toBeInstanceOf(RefusedEntry)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the name of an entry', () => {
  test('is made of the scenario and what broke', () => {
    expect(nameFor(replay)).toBe('lock-history')
    expect(nameFor({ ...replay, found: { ...replay.found, check: 'VoteOnce' } })).toBe('lock-vote-once')
    expect(nameFor({ ...replay, found: { ...replay.found, check: 'not linearizable (kv)' } })).toBe('lock-not-linearizable-kv')
  })

  test('that is made is one that a file may have, whatever a check is called', () => {
    fc.assert(
      fc.property(words, fc.string(), (scenario, check) => isEntryName(nameFor({ ...replay, scenario, found: { ...replay.found, check } }))),
      { numRuns: 200 },
    )
  })
})

test('a replay that found nothing is no entry', () => {
  expect(() => entryOfReplay({ ...replay, found: { outcome: 'interrupted', steps: 1, traceHash: '' } }, 'x')).toThrow('found nothing (interrupted)')
})
