import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../cli/main.js'
import { plain } from '../../sim/report/palette.js'
import { repository } from '../../tools/repository.js'
import { example, freshFolder, seedfall, seedfallHere } from './seedfall.js'

const kept = path.join(repository, 'corpus/lock-holder-outlives-its-lease.json')

/** A corpus of one entry, the lock's, in a fresh folder: changed as asked, under the same name. */
function corpusOf(...entries: readonly { readonly name: string; readonly change?: (entry: Entry) => void }[]): string {
  const folder = freshFolder()
  mkdirSync(path.join(folder, 'corpus'))
  for (const { name, change } of entries) {
    const entry = JSON.parse(readFileSync(kept, 'utf8')) as Entry
    entry.name = name
    entry.replay.file = example('lock')
    change?.(entry)
    writeFileSync(path.join(folder, 'corpus', `${name}.json`), JSON.stringify(entry))
  }
  return folder
}

interface Entry {
  name: string
  expect: string
  replay: { file: string; version: number; seed: string; injections: { site: string }[] }
}

const ghost = ({ replay }: Entry): void => {
  replay.injections[0]!.site = 'nobody-9'
}

test('a failing run is kept, listed, and replayed by check', { timeout: 180_000 }, async () => {
  const folder = freshFolder()
  const run = await seedfallHere(['run', example('lock'), '--seed', '1', '--duration', '4s'], folder)
  expect(run.code).toBe(1)
  const added = await seedfall(['corpus', 'add', '.seedfall/lock-1.json', '--note', 'An increment is lost.'], folder)
  expect(added.error).toBe('')
  expect(added.out).toMatch(/^✓ kept {2}corpus\/lock-history\.json {2}fails {2}An increment is lost\./)
  const [listed, again, checked] = await Promise.all([
    seedfallHere(['corpus', 'list', '--json'], folder),
    seedfallHere(['corpus', 'add', '.seedfall/lock-1.json'], folder),
    seedfallHere(['corpus', 'check'], folder),
  ])
  expect(JSON.parse(listed.out)).toMatchObject([
    { name: 'lock-history', note: 'An increment is lost.', expect: 'fails', scenario: 'lock', seed: '1', found: 'history' },
  ])
  expect(again).toMatchObject({ code: 2, error: expect.stringContaining('is already kept as corpus/lock-history.json') })
  expect(checked.out).toMatch(/^✓ lock-history {2}fails as kept: history: client-\d counted what another client did.*\n1 as expected\n$/)
  expect(checked.code).toBe(0)
})

test('what changed is said of every entry, and the worst of it is the exit code', async () => {
  const folder = corpusOf(
    { name: 'good' },
    { name: 'ghost', change: ghost },
    { name: 'back', change: (entry) => (entry.expect = 'passes') },
    { name: 'old', change: ({ replay }) => (replay.version = 1) },
    { name: 'lost', change: ({ replay }) => (replay.file = 'gone.scenario.ts') },
    { name: 'other', change: ({ replay }) => (replay.file = example('store')) },
  )
  writeFileSync(path.join(folder, 'corpus/torn.json'), '{"format":')
  const { code, out } = await seedfallHere(['corpus', 'check', '--json'], folder)
  const { exitCode, entries } = JSON.parse(out) as { exitCode: number; entries: { name: string; verdict: string; why: string }[] }
  expect(entries.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
    'back broken',
    'ghost stale',
    'good holds',
    'lost refused',
    'old refused',
    'other refused',
    'torn refused',
  ])
  const why = (name: string) => entries.find((entry) => entry.name === name)?.why
  expect(why('ghost')).toBe('1 of 1 injections found no site: process.pause nobody-9 #1')
  expect(why('back')).toContain('what was repaired is back: history:')
  expect(why('old')).toContain('holds a replay that has the older format 1')
  expect(why('other')).toContain("store.scenario.ts has the scenario 'store' now, and what is kept is of 'lock'")
  expect(why('lost')).toContain('gone.scenario.ts: no such file')
  expect([code, exitCode]).toEqual([1, 1])
  const [stale, refused] = await Promise.all([seedfallHere(['corpus', 'check', 'ghost', 'good'], folder), seedfallHere(['corpus', 'check', 'torn'], folder)])
  expect(stale.code).toBe(5)
  expect(stale.out).toMatch(/✗ stale {2}corpus\/ghost\.json {2}1 of 1 injections found no site/)
  expect(stale.out).toContain('1 as expected, 1 stale')
  expect(refused.code).toBe(2)
  expect(refused.out).toContain('✗ refused  corpus/torn.json  is not JSON')
})

test('an entry is replayed, and explained, as a replay file is, from whatever folder', { timeout: 180_000 }, async () => {
  const folder = corpusOf({ name: 'back', change: (entry) => (entry.expect = 'passes') })
  const file = path.join(folder, 'corpus/back.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace(JSON.stringify(example('lock')), '"lock.scenario.ts"'))
  writeFileSync(path.join(folder, 'lock.scenario.ts'), `export { default } from '${example('lock')}'\n`)
  expect((await seedfallHere(['corpus', 'check'], folder)).out).toContain('\n    npx seedfall replay corpus/back.json\n')
  for (const [from, name] of [
    [folder, 'corpus/back.json'],
    [path.join(folder, 'corpus'), 'back.json'],
  ] as const) {
    const { code, out } = await seedfallHere(['replay', name], from)
    expect(code).toBe(1)
    expect(out).toContain('an increment is lost')
  }
  const shrunk = await seedfallHere(['shrink', 'corpus/back.json', '--time', '1s', '--jobs', '1'], folder)
  expect(shrunk.out).toMatch(/npx seedfall replay \.seedfall\/lock-\d+\.shrunk\.json/)
})

test('prune removes what is stale, and leaves to people what came back', async () => {
  const folder = corpusOf({ name: 'good' }, { name: 'ghost', change: ghost }, { name: 'back', change: (entry) => (entry.expect = 'passes') })
  const dry = await seedfallHere(['corpus', 'prune', 'ghost', '--dry-run'], folder)
  expect(dry.out).toContain('corpus/ghost.json  would be removed: 1 of 1 injections found no site')
  expect(existsSync(path.join(folder, 'corpus/ghost.json'))).toBe(true)
  const { code, out } = await seedfallHere(['corpus', 'prune'], folder)
  expect(out).toContain('corpus/ghost.json  removed: 1 of 1 injections found no site')
  expect(out).toContain('corpus/back.json  stays: broken')
  expect(code).toBe(1)
  expect(['good', 'ghost', 'back'].map((name) => existsSync(path.join(folder, `corpus/${name}.json`)))).toEqual([true, false, true])
})

test('prune --find-again puts the same failure in the place of a stale one, and of one of an older format', async () => {
  const folder = corpusOf({ name: 'ghost', change: ghost }, { name: 'old', change: ({ replay }) => (replay.version = 1) })
  const { code, out } = await seedfallHere(['corpus', 'prune', '--find-again', '--runs', '40'], folder)
  expect(out).toMatch(/✓ corpus\/ghost\.json {2}found again under seed \d+, in \d+ runs/)
  expect(out).toMatch(/✓ corpus\/old\.json {2}found again under seed \d+, in \d+ runs/)
  expect(code).toBe(0)
  const checked = await seedfallHere(['corpus', 'check'], folder)
  expect(checked.out).toContain('2 as expected')
})

test('prune leaves to people what changed, what must pass and what it cannot read, and tells how many runs it made', async () => {
  const folder = corpusOf(
    { name: 'changed', change: (entry) => Object.assign(entry, { traceHash: '0000000000000000' }) },
    { name: 'repaired', change: (entry) => ghost(Object.assign(entry, { expect: 'passes' })) },
    { name: 'old', change: ({ replay }) => (replay.version = 1) },
  )
  const there = () => ['changed', 'repaired', 'old'].filter((name) => existsSync(path.join(folder, `corpus/${name}.json`)))
  const { code, out } = await seedfallHere(['corpus', 'prune', 'changed', 'repaired', '--find-again'], folder)
  expect(out).toMatch(/✗ corpus\/changed\.json {2}stays: changed: its run goes another way/)
  expect(out).toMatch(/✗ corpus\/repaired\.json {2}stays: stale: .* and not found again in 1 run; it must pass, and is yours to remove/)
  expect(code).toBe(1)
  const plainly = await seedfallHere(['corpus', 'prune', 'old'], folder)
  expect(plainly.out).toMatch(/✗ corpus\/old\.json {2}stays: refused: .*; --find-again looks for it/)
  expect(there()).toEqual(['changed', 'repaired', 'old'])
})

test('a mistake that is repaired next may be kept as one that must go', async () => {
  const folder = corpusOf({ name: 'good' })
  const { code, out } = await seedfallHere(['corpus', 'add', 'corpus/good.json', '--expect', 'passes', '--replace'], folder)
  expect(code).toBe(0)
  expect(out).toContain(
    "it fails now, as history: client-3 counted what another client did: an increment is lost: 'npx seedfall corpus check' fails until that is repaired",
  )
  expect((JSON.parse(readFileSync(path.join(folder, 'corpus/good.json'), 'utf8')) as Entry).expect).toBe('passes')
})

test.each([
  [['corpus', 'check'], 'there is no folder corpus'],
  [['corpus', 'check', '--dir', '.'], '. has no entries, so nothing would be checked'],
  [['corpus', 'add', 'gone.json'], 'gone.json cannot be read: no such file'],
  [['corpus', 'add', 'package.json', '--name', 'Not A Name'], 'package.json is neither an entry of a corpus nor a replay file'],
  [['corpus', 'prune', '--runs', 'many'], "--runs 'many' is not a number of runs"],
  [['corpus', 'mend'], "unknown command 'mend'"],
  [['corpus'], "'corpus' needs a command; 'seedfall corpus --help' shows what there is"],
])('%j is bad input: one line says why', async (words, says) => {
  const folder = freshFolder()
  writeFileSync(path.join(folder, words.includes('.') ? 'notes.txt' : 'package.json'), '{}')
  const errors: string[] = []
  const terminal = { out: () => {}, error: (text: string) => errors.push(text), paint: plain, width: 160, folder, program: 'npx seedfall' }
  expect(await main(words, terminal)).toBe(2)
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain(says)
  expect(errors[0]).not.toContain('\n')
})
