import { describe, expect, test } from 'vitest'
import { checkEntry } from '../../../../sim/run/corpus/check-entry.js'
import type { CorpusEntry } from '../../../../sim/run/corpus/entry.js'
import { findAgain, findRemains, seedBeside } from '../../../../sim/run/corpus/find-again.js'
import { provenReplay, type Replay } from '../../../../sim/run/replay.js'
import { run } from '../../../../sim/run/run.js'
import { fragile } from './fragile.js'

const broken = fragile()
const repaired = fragile(true)

/** A seed under which the mistake shows, and its replay. */
const replay = await (async (): Promise<Replay> => {
  for (let seed = 1; seed < 50; seed++) {
    const request = { scenario: broken, seed: String(seed) }
    const report = await run(request)
    if (report.outcome === 'violation') return provenReplay(request, report)
  }
  throw new Error('the fragile scenario never breaks')
})()
const fails: CorpusEntry = { name: 'fragile-echo', note: 'A pause is answered wrongly.', expect: 'fails', replay }
const passes: CorpusEntry = { ...fails, expect: 'passes' }
const listed = replay.injections === 'seeded' ? [] : replay.injections
const ghost = { kind: 'process.pause', site: 'server-9', ordinal: 1, at: 1_000_000, args: { forNanos: 1_000_000 } }
const withGhost = (entry: CorpusEntry): CorpusEntry => ({ ...entry, replay: { ...entry.replay, injections: [ghost, ...listed] } })

describe('an entry', () => {
  test('that must fail holds while the same check finds it', async () => {
    expect(listed.length).toBeGreaterThan(0)
    const { verdict, report } = await checkEntry(fails, broken)
    expect(verdict.kind).toBe('holds')
    expect(verdict.why).toMatch(/^fails as kept: echo: \d+ came back as another number$/)
    expect(report?.traceHash).toBe(replay.found.traceHash)
  })

  test('that must fail is stale once the run passes, and says what was found then', async () => {
    expect((await checkEntry(fails, repaired)).verdict).toEqual({ kind: 'stale', why: "'echo' was found then, and it passes now" })
  })

  test('that must fail is stale when another thing is found', async () => {
    const other = { ...fails, replay: { ...replay, found: { ...replay.found, check: 'order' } } }
    const { verdict } = await checkEntry(other, broken)
    expect(verdict.kind).toBe('stale')
    expect(verdict.why).toMatch(/^'order' was found then, and now it is echo: \d+ came back/)
  })

  test('that must pass holds on the repaired code, and is broken when the mistake comes back', async () => {
    expect((await checkEntry(passes, repaired)).verdict).toEqual({ kind: 'holds', why: 'passes' })
    const { verdict } = await checkEntry(passes, broken)
    expect(verdict.kind).toBe('broken')
    expect(verdict.why).toMatch(/^it must pass, and what was repaired is back: echo:/)
  })

  test.each([
    ['fails', fails, broken],
    ['passes', passes, repaired],
  ] as const)('of the sort %s is stale when an injection finds no site, though all else is as it was', async (_sort, entry, scenario) => {
    const { verdict } = await checkEntry(withGhost(entry), scenario)
    expect(verdict).toEqual({ kind: 'stale', why: `1 of ${listed.length + 1} injections found no site: process.pause server-9 #1` })
  })

  test('that asks for the very same run has changed when the run goes another way', async () => {
    expect((await checkEntry({ ...fails, traceHash: replay.found.traceHash }, broken)).verdict.kind).toBe('holds')
    const { verdict } = await checkEntry({ ...fails, traceHash: '0123456789abcdef' }, broken)
    expect(verdict).toEqual({
      kind: 'changed',
      why: `its run goes another way: trace ${replay.found.traceHash} after ${replay.found.steps} steps, not 0123456789abcdef`,
    })
  })

  test('that the scenario cannot take any more is stale, and says why', async () => {
    const unknownKind = { ...fails, replay: { ...replay, injections: [{ ...ghost, kind: 'process.melt' }] } }
    expect((await checkEntry(unknownKind, broken)).verdict.why).toContain("its replay names the fault kind 'process.melt'")
    const unknownOption = { ...fails, replay: { ...replay, options: { ...replay.options, colour: 3 } } }
    const { verdict } = await checkEntry(unknownOption, broken)
    expect(verdict.kind).toBe('stale')
    expect(verdict.why).toContain("it cannot be run any more: scenario fragile has no option 'colour'")
    const useless = { ...fails, replay: { ...replay, injections: [{ ...ghost, args: { forNanos: -1 } }] } }
    expect((await checkEntry(useless, broken)).verdict.why).toContain('forNanos must be nanoseconds')
  })
})

describe('what is stale is found again', () => {
  test('by the injections that still have a site', async () => {
    const found = await findAgain(withGhost(fails), broken, { runs: 20 })
    expect(found?.how).toBe('with the same injections')
    expect(found?.runs).toBe(2)
    const { verdict } = await checkEntry({ ...fails, replay: found!.replay }, broken)
    expect(verdict.kind).toBe('holds')
    expect(found?.replay.injections).toHaveLength(listed.length)
  })

  test('by its seed when no injection has a site, and by the seeds beside it when that one passes', async () => {
    const gone = { ...fails, replay: { ...replay, injections: [ghost] } }
    const bySeed = await findAgain(gone, broken, { runs: 20 })
    expect(bySeed).toMatchObject({ how: `under seed ${replay.seed}`, runs: 2 })
    const calm = { ...gone, replay: { ...gone.replay, seed: await passingSeed() } }
    const beside = await findAgain(calm, broken, { runs: 40 })
    expect(beside?.replay.seed).not.toBe(calm.replay.seed)
    expect((await checkEntry({ ...calm, replay: beside!.replay }, broken)).verdict.kind).toBe('holds')
  })

  test('and never as a failure of another check', async () => {
    const other = { ...withGhost(fails), replay: { ...withGhost(fails).replay, found: { ...replay.found, check: 'order' } } }
    expect(await findAgain(other, broken, { runs: 25 })).toBeNull()
  })

  test('within the runs that it may take', async () => {
    const found = await findAgain({ ...fails, replay: { ...replay, injections: [ghost] } }, repaired, { runs: 5 })
    expect(found).toBeNull()
    expect(await findAgain(withGhost(fails), broken, { runs: 1 })).toBeNull()
  })

  test('without the injections that have no site, where it must pass', async () => {
    const found = await findAgain(withGhost(passes), repaired, { runs: 5 })
    expect(found).toMatchObject({ how: 'without 1 injection', replay: { injections: listed, found: replay.found } })
    expect((await checkEntry({ ...passes, replay: found!.replay }, repaired)).verdict.kind).toBe('holds')
    expect(await findAgain({ ...passes, replay: { ...replay, injections: [ghost] } }, repaired, { runs: 5 })).toBeNull()
    expect(await findAgain(withGhost(passes), broken, { runs: 5 })).toBeNull()
  })

  test.each([
    ['fails', fails, broken],
    ['passes', passes, repaired],
  ] as const)('as the run that it is now, where one of the sort %s asked for another', async (_sort, entry, scenario) => {
    const exact = { ...entry, traceHash: '0123456789abcdef' }
    const found = await findAgain(exact, scenario, { runs: 5 })
    expect(found?.how).toBe('with the same injections')
    const { replay: again, traceHash } = found!
    expect((await checkEntry({ ...exact, replay: again, traceHash }, scenario)).verdict.kind).toBe('holds')
  })

  test('under its own salt first', async () => {
    const salt = await failingSalt()
    const salted = { ...withGhost(fails), replay: { ...withGhost(fails).replay, salt } }
    expect(await findAgain(salted, broken, { runs: 2 })).toMatchObject({ how: 'with the same injections', replay: { salt } })
  })

  test('by what is left of an entry of an older format', async () => {
    const { scenario, seed, durationNanos, found } = replay
    const remains = { note: 'A pause is answered wrongly.', expect: 'fails' as const, scenario, seed, durationNanos, found }
    expect(await findRemains(remains, broken, { runs: 5 })).toMatchObject({ how: `under seed ${seed}`, runs: 1 })
    expect(await findRemains({ ...remains, expect: 'passes' }, broken, { runs: 5 })).toBeNull()
  })
})

test('seeds beside one are all those near it, each once', () => {
  expect(Array.from({ length: 8 }, (_, i) => seedBeside('2', i))).toEqual(['2', '3', '1', '4', '0', '5', '6', '7'])
  expect(Array.from({ length: 3 }, (_, i) => seedBeside('storm', i))).toEqual(['storm', 'storm+1', 'storm+2'])
  expect(new Set(Array.from({ length: 500 }, (_, i) => seedBeside('100', i))).size).toBe(500)
})

async function passingSeed(): Promise<string> {
  for (let seed = 1; ; seed++) if ((await run({ scenario: broken, seed: String(seed) })).outcome === 'passed') return String(seed)
}

/** Of those that a search would not try by itself. */
async function failingSalt(): Promise<string> {
  for (let salt = 100; ; salt++) {
    const { verdict } = await checkEntry({ ...fails, replay: { ...replay, salt: String(salt) } }, broken)
    if (verdict.kind === 'holds') return String(salt)
  }
}
