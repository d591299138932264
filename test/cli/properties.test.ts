import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../cli/main.js'
import { plain } from '../../sim/report/palette.js'
import { fixture, freshFolder, seedfall } from './seedfall.js'

/** Runs the command in this process: it only reads. */
async function properties(words: readonly string[], folder: string) {
  const out: string[] = []
  const error: string[] = []
  const terminal = {
    out: (text: string) => out.push(text),
    error: (text: string) => error.push(text),
    paint: plain,
    width: 160,
    folder,
    program: 'npx seedfall',
  }
  const code = await main(['properties', ...words], terminal)
  return { code, out: out.join('\n'), error: error.join('\n') }
}

test("a scenario's properties are listed with kind, name and place, and the scenario is not run", async () => {
  const folder = freshFolder()
  // Reading cannot notice that loading it would throw.
  writeFileSync(
    path.join(folder, 'my.scenario.ts'),
    "import { boot } from './process.js'\nthrow new Error('loaded')\nexport default scenario({ eventually: [{ name: 'calm', within: 1, holds }] })\n",
  )
  writeFileSync(path.join(folder, 'process.ts'), "export const boot = (host) => {\n  host.check.sometimes('a cut tail')\n  host.maybe('early')\n}\n")
  const { code, out, error } = await seedfall(['properties', 'my.scenario.ts', '--sites'], folder)
  expect(error).toBe('')
  expect(out).toBe(
    [
      'my.scenario.ts  2 properties and 1 site in 2 files',
      '  eventually   calm        my.scenario.ts:3',
      '  sometimes    a cut tail  process.ts:2',
      '  maybe        early       process.ts:3',
      '',
    ].join('\n'),
  )
  expect(code).toBe(0)
})

test('--json has the same, for machines, of every scenario that is named', async () => {
  const { code, out } = await properties(['raft', fixture('never-met'), '--json'], freshFolder())
  const [raft, neverMet] = JSON.parse(out) as { scenario: string; properties: object[]; findings: object[]; sites?: object[] }[]
  expect(raft).toMatchObject({ scenario: 'raft', findings: [] })
  expect(raft?.properties).toContainEqual({
    kind: 'recovery',
    name: 'members catch up',
    file: expect.stringContaining('scenarios/raft.scenario.ts'),
    line: expect.any(Number),
    column: expect.any(Number),
  })
  expect(raft?.sites).toBeUndefined()
  expect(neverMet?.findings).toHaveLength(1)
  expect(code).toBe(1)
})

test('a name that cannot be listed fails, with its place', async () => {
  const folder = freshFolder()
  writeFileSync(path.join(folder, 'my.scenario.ts'), "import '@/else'\nexport const f = (host) => host.check.always(NAME, true)\n")
  const { code, out } = await properties(['my.scenario.ts'], folder)
  expect(out).toContain("  ✗ my.scenario.ts:2:46 the name of this 'always' is not a literal: write it out")
  expect(out).toContain('not followed: @/else, imported at my.scenario.ts:1')
  expect(code).toBe(1)
})

test.each([
  [['brokr'], "there is no scenario 'brokr': did you mean broker?"],
  [['gone.scenario.ts'], 'gone.scenario.ts: no such file'],
])('%j is bad input', async (words, says) => {
  const { code, error } = await properties(words, freshFolder())
  expect(error).toContain(says)
  expect(code).toBe(2)
})
