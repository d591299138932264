import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { freshFolder, seedfallHere } from './seedfall.js'

const endless = fileURLToPath(new URL('./fixtures/endless.model.ts', import.meta.url))

interface CheckJson {
  readonly uniqueStates: number
  readonly depth: number
  readonly complete: boolean
  readonly discoveries: readonly { readonly property: string; readonly kind: string; readonly actions: readonly string[] }[]
}

async function checkJson(words: readonly string[], folder = freshFolder()): Promise<CheckJson & { readonly code: number }> {
  const { code, out, error } = await seedfallHere(['check', ...words, '--json'], folder)
  expect(error).toBe('')
  return { code, ...(JSON.parse(out) as CheckJson) }
}

describe('check', () => {
  test('shows a counterexample step by step, and its trace is replayed', async () => {
    const folder = freshFolder()
    const { code, out } = await seedfallHere(['check', 'increment'], folder)
    expect(code).toBe(1)
    expect(out).toContain('✗ counterexample  fin: 2 threads have written, and the number is 1')
    expect(out).toMatch(/ 1 {2}thread \d reads\n.* 2 {2}thread \d reads/)
    const trace = '.seedfall/increment-fin.json'
    expect(out).toContain(`npx seedfall replay ${trace}`)
    expect(await seedfallHere(['replay', trace], folder)).toMatchObject({ code: 1, out: expect.stringContaining('fin') })
  })

  test('a trace replays as passed once the mistake is mended, and tells when an action cannot happen any more', async () => {
    const folder = freshFolder()
    const write = (file: string, limit: number, actions: string) =>
      writeFileSync(
        path.join(folder, file),
        `import { modelFamily } from 'seedfall'
export default modelFamily({ name: 'small', means: 'a counter', settings: {}, make: () => ({
  initial: () => [0], actions: () => ${actions}, next: (n: number) => n + 1, within: (n: number) => n < 5,
  properties: [{ name: 'low', kind: 'always', holds: (n: number) => n < ${limit} }] }) })\n`,
      )
    write('small.model.ts', 2, "['up']")
    expect((await seedfallHere(['check', 'small.model.ts'], folder)).code).toBe(1)
    const trace = '.seedfall/small-low.json'
    // A module is loaded once in a process: the mended model is another file, which the trace is made to name.
    const replayed = async (file: string) => {
      writeFileSync(path.join(folder, 'other.json'), readFileSync(path.join(folder, trace), 'utf8').replace('small.model.ts', file))
      return (await seedfallHere(['replay', 'other.json'], folder)).code
    }
    expect(await replayed('small.model.ts')).toBe(1)
    write('mended.model.ts', 9, "['up']")
    expect(await replayed('mended.model.ts')).toBe(0)
    write('without.model.ts', 2, '[]')
    expect(await replayed('without.model.ts')).toBe(5)
  })

  test('as JSON is one object with the counts that are known', async () => {
    const result = await checkJson(['two-phase-commit', '--set', 'resourceManagers=5'])
    expect(result).toMatchObject({ code: 0, uniqueStates: 8_832, complete: true })
    expect(Object.keys(result)).toEqual(['code', 'uniqueStates', 'generatedStates', 'depth', 'seconds', 'complete', 'discoveries'])
    expect(result.discoveries.map(({ property, kind }) => [property, kind])).toEqual([
      ['abort agreement', 'example'],
      ['commit agreement', 'example'],
    ])
  })

  test.each(['bfs', 'dfs', 'iterative'])('sees the same states with --search %s', async (search) => {
    expect(await checkJson(['two-phase-commit', '--search', search])).toMatchObject({ code: 0, uniqueStates: 288, complete: true })
  })

  test('walks at random as its seed says, and never says that it has seen all', async () => {
    const words = ['two-phase-commit', '--search', 'random', '--walks', '5', '--keep-going', '--seed']
    const [once, again, other] = [await checkJson([...words, '7']), await checkJson([...words, '7']), await checkJson([...words, '8'])]
    expect(once).toMatchObject({ complete: false })
    expect(again.uniqueStates).toBe(once.uniqueStates)
    expect(other.uniqueStates).not.toBe(once.uniqueStates)
  })

  test('counts as Stateright does with --symmetry in depth-first order, and true orbits with --orbits', async () => {
    const words = ['two-phase-commit', '--set', 'resourceManagers=5']
    expect((await checkJson([...words, '--search', 'dfs', '--symmetry'])).uniqueStates).toBe(665)
    const orbits = (await checkJson([...words, '--orbits'])).uniqueStates
    expect((await checkJson([...words, '--search', 'dfs', '--orbits'])).uniqueStates).toBe(orbits)
  })

  test('finds with two threads what it finds with one', async () => {
    const words = ['paxos', '--set', 'clients=2', '--keep-going', '--json']
    const [one, two] = [await seedfallHere(['check', ...words]), await seedfallHere(['check', ...words, '--jobs', '2'])]
    const [first, second] = [one, two].map(({ out }) => JSON.parse(out) as CheckJson) as [CheckJson, CheckJson]
    expect(second).toMatchObject({ uniqueStates: first.uniqueStates, depth: first.depth, complete: true })
    expect(second.discoveries.map(({ actions }) => actions.length)).toEqual(first.discoveries.map(({ actions }) => actions.length))
    expect(first.uniqueStates).toBe(16_668)
  })

  test("waits for a Machine's invariants, whatever else has its answer and with however many threads", async () => {
    const words = ['check', 'vm-placement', '--set', 'apart=1', '--set', 'large=1', '--set', 'inputs=1', '--json']
    const [one, two] = [await seedfallHere(words), await seedfallHere([...words, '--jobs', '2'])]
    const first = JSON.parse(one.out) as CheckJson
    expect(first).toMatchObject({ complete: true })
    expect(JSON.parse(two.out)).toMatchObject({ complete: true, uniqueStates: first.uniqueStates })
    // All that may happen has happened before the last state is seen.
    expect(Math.max(...first.discoveries.map(({ actions }) => actions.length))).toBeLessThan(first.depth)
  })

  test.each([
    [['--max-depth', '3'], { depth: 3, uniqueStates: 10 }],
    [['--max-states', '500'], { uniqueStates: 500 }],
    [['--time', '1ms'], {}],
    [['--memory', '1'], {}],
    [['--memory', '1', '--jobs', '2'], {}],
  ])('stops at %j and says that it has not seen all', async (limit, counts) => {
    expect(await checkJson([endless, '--keep-going', ...limit])).toMatchObject({ complete: false, ...counts })
  })

  test.each([[[]], [['--jobs', '2']]])('ends cleanly at Ctrl-C, with what it found, %j', async (jobs) => {
    const { code, out, error } = await seedfallHere(['check', endless, '--set', 'interruptAfter=20000', '--keep-going', ...jobs])
    expect({ code, error }).toEqual({ code: 130, error: '' })
    expect(out).toContain('✓ example  both arrive')
    expect(out).toContain('? no counterexample  never negative')
    expect(out).toContain('until it was interrupted')
  })

  test('shows how far it is where somebody looks', async () => {
    const { isTTY } = process.stderr
    const shown: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => shown.push(String(text)) > 0)
    process.stderr.isTTY = true
    try {
      await seedfallHere(['check', 'paxos', '--set', 'clients=2'])
    } finally {
      process.stderr.isTTY = isTTY
      write.mockRestore()
    }
    expect(shown.some((text) => /[\d,]+ states of [\d,]+ generated, depth \d+, [\d,]+ states\/s/.test(text))).toBe(true)
    // The line is cleared at the end.
    expect(shown.at(-1)).toBe('\r\u001b[K')
  })

  test.each<readonly [readonly string[], string]>([
    [['paxso'], "there is no model 'paxso': did you mean paxos?"],
    [['nothing.model.ts'], 'nothing.model.ts'],
    [['paxos', '--set', 'clients=none'], 'clients'],
    [['paxos', '--set', 'client=2'], 'client'],
    [['paxos', '--set', 'clients=99'], 'clients'],
    [['paxos', '--search', 'best'], "option '--search <kind>' argument 'best' is invalid"],
    [['paxos', '--symmetry'], 'does not say what its states may be renamed by'],
    [['two-phase-commit', '--exact', '--orbits'], 'choose one of the two'],
    [['two-phase-commit', '--search', 'iterative', '--exact'], 'iterative deepening tells states apart by their fingerprints alone'],
    [['two-phase-commit', '--jobs', '2', '--search', 'dfs'], '--jobs is for a breadth-first search by fingerprints'],
    [['two-phase-commit', '--jobs', '0'], '--jobs'],
    [['two-phase-commit', '--max-states', '0'], '--max-states'],
    [['two-phase-commit', '--time', 'soon'], '--time'],
  ])('bad input is one clear line: %j', async (words, says) => {
    const folder = freshFolder()
    const { code, out, error } = await seedfallHere(['check', ...words], folder)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toContain(says)
    expect(error.trim().split('\n')).toHaveLength(1)
    expect(existsSync(path.join(folder, '.seedfall'))).toBe(false)
  })

  test.each([
    ["next: () => { throw new Error('boom') }, properties: []", /^seedfall: own\.model\.ts: its own code threw: Error: boom \(.*own\.model\.ts:3:\d+\)$/],
    ['next: () => ({ holds: () => 1 }), properties: []', /^seedfall: own\.model\.ts: .*a function has no canonical hash/],
    ['next: () => 1', /^seedfall: own\.model\.ts: a model has 'properties', a list of what must hold in it, and this one has none$/],
  ])("a model of one's own that is none is told in one clear line: %s", async (rest, says) => {
    const folder = freshFolder()
    writeFileSync(
      path.join(folder, 'own.model.ts'),
      `import { modelFamily } from 'seedfall'
export default modelFamily({ name: 'own', means: 'wrong', settings: {}, make: () => ({ initial: () => [0], actions: () => ['up'],
  ${rest} }) as never })\n`,
    )
    for (const jobs of rest.includes('boom') ? [[], ['--jobs', '2']] : [[]]) {
      const { code, out, error } = await seedfallHere(['check', 'own.model.ts', ...jobs], folder)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(error.trim()).toMatch(says)
    }
  })

  test('writes a trace that names its model, its settings and its actions', async () => {
    const folder = freshFolder()
    await seedfallHere(['check', 'increment', '--set', 'threads=3'], folder)
    const trace = JSON.parse(readFileSync(path.join(folder, '.seedfall/increment-fin.json'), 'utf8')) as Record<string, unknown>
    expect(trace).toMatchObject({ settings: { threads: 3 }, property: 'fin' })
  })
})
