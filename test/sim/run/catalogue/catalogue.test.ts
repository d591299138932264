import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { scenarios } from '../../../../scenarios/index.js'
import { catalogueOfSources, placesOf, type Sources } from '../../../../sim/run/catalogue/catalogue.js'
import { sourceFiles, stockScenarioFiles } from '../../../../sim/run/node/source-files.js'
import { run } from '../../../../sim/run/run.js'
import { repository } from '../../../../tools/repository.js'

/** Sources in memory; a specifier is the file's name. */
const memory = (files: Readonly<Record<string, string>>): Sources => ({
  read: (file) => files[file] ?? '',
  resolve: (specifier) => (specifier in files ? specifier : specifier.startsWith('lib') ? 'library' : null),
  show: (file) => file,
})

describe('a catalogue', () => {
  const files = {
    'z.ts': "import 'm.ts'; import 'lib'; import 'gone'\nhost.check.reachable('last')",
    'm.ts': "import 'z.ts'\nimport 'a.ts'\nhost.check.sometimes('both')",
    'a.ts': "host.check.sometimes('both')\nhost.maybe('early')",
  }

  test('has what the files and all their imports state, each file once, by place and not by the order of imports', () => {
    const { properties, sites, files: read } = catalogueOfSources(['z.ts'], memory(files))
    expect(properties.map(({ name, file }) => `${file} ${name}`)).toEqual(['a.ts both', 'm.ts both', 'z.ts last'])
    expect(sites).toHaveLength(1)
    expect(read).toEqual(['a.ts', 'm.ts', 'z.ts'])
    expect(catalogueOfSources(['a.ts', 'm.ts'], memory(files))).toEqual(catalogueOfSources(['z.ts'], memory(files)))
  })

  test('says which imports nobody could follow', () => {
    expect(catalogueOfSources(['z.ts'], memory(files)).notFollowed).toMatchObject([{ specifier: 'gone', file: 'z.ts', line: 1 }])
  })

  test('tells the places of a name', () => {
    const catalogue = catalogueOfSources(['z.ts'], memory(files))
    expect(placesOf(catalogue, 'both')).toEqual(['a.ts:1', 'm.ts:3'])
    expect(placesOf(catalogue, 'never')).toEqual([])
  })

  test('refuses one name for two kinds, wherever they are stated', () => {
    const { findings } = catalogueOfSources(['a', 'b'], memory({ a: "host.check.always('same')", b: "\nhost.check.sometimes('same')" }))
    expect(findings).toEqual([{ file: 'b', line: 2, column: 1, message: "'same' is a 'sometimes' here and a 'always' at a:1: give one of them another name" }])
  })

  test('refuses a mustMeet of what nothing states', () => {
    const text = "export default scenario({ mustMeet: ['met', 'held', 'unheard of'] })\nhost.check.sometimes('met')\nhost.check.always('held')"
    const { findings } = catalogueOfSources(['a'], memory({ a: text }))
    expect(findings.map(({ message }) => message)).toEqual([
      "mustMeet names 'held', and no 'sometimes' or 'reachable' of that name is stated",
      "mustMeet names 'unheard of', and no 'sometimes' or 'reachable' of that name is stated",
    ])
  })
})

describe("the catalogues of Seedfall's own scenarios", () => {
  test('are of all of them', () => expect([...stockScenarioFiles().keys()].sort()).toEqual(scenarios.map(({ name }) => name).sort()))

  test.each(scenarios)('$name: what a run counts stands in the catalogue, as the kind that it counts', async (scenario) => {
    const catalogue = catalogueOfSources([stockScenarioFiles().get(scenario.name) as string], sourceFiles(repository))
    const { properties } = await run({ scenario, seed: '1', duration: 3e9 })
    expect(properties.length).toBeGreaterThan(1)
    const kinds = new Map(catalogue.properties.map(({ name, kind }) => [name, kind]))
    // A run counts what must recover with what must come true in the end.
    for (const { name, kind } of properties) expect(kind === 'eventually' ? [kind, 'recovery'] : [kind], name).toContain(kinds.get(name))
    const { recovery = [], eventually = [], mustMeet = [] } = scenario
    for (const { name } of recovery) expect(kinds.get(name)).toBe('recovery')
    for (const { name } of eventually) expect(kinds.get(name)).toBe('eventually')
    for (const name of mustMeet) expect(placesOf(catalogue, name).length).toBeGreaterThan(0)
    expect(catalogue.findings).toEqual([])
    expect(catalogue.notFollowed).toEqual([])
  })
})

describe('sources on the machine', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-sources-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  write(
    'app/main.scenario.ts',
    "import './a.js'\nimport './b'\nimport './c'\nimport './table.json'\nimport 'node:fs'\nimport 'seedfall'\nimport 'seedfall/raft'\nimport 'own-system'\nimport 'published'\nimport 'some-library'\nimport './gone.js'\nimport 'not-installed'",
  )
  write('app/a.ts', "host.check.reachable('an ending for another')")
  write('app/b.mts', "host.check.reachable('no ending')")
  write('app/c/index.ts', "host.check.reachable('a folder')")
  write('app/table.json', '{}')
  write('packages/own-system/package.json', '{ "name": "own-system", "main": "system.js" }')
  write('packages/own-system/system.js', "host.check.reachable('a linked package')")
  mkdirSync(path.join(folder, 'app/node_modules'))
  symlinkSync(path.join(folder, 'packages/own-system'), path.join(folder, 'app/node_modules/own-system'))
  write('app/node_modules/published/package.json', '{ "main": "index.cjs", "peerDependencies": { "seedfall": "*" } }')
  write('app/node_modules/published/index.cjs', "host.check.reachable('a package for Seedfall')")
  write('app/node_modules/some-library/package.json', '{ "main": "index.js" }')
  write('app/node_modules/some-library/index.js', "host.check.reachable('of no concern')")

  test('are those that the user and Seedfall wrote; libraries are left alone, and what leads nowhere is told', () => {
    const home = path.join(folder, 'app')
    const catalogue = catalogueOfSources([path.join(home, 'main.scenario.ts')], sourceFiles(home))
    const own = catalogue.properties.filter(({ file }) => !file.includes('systems/raft/'))
    expect(own.map(({ name }) => name).sort()).toEqual(['a folder', 'a linked package', 'a package for Seedfall', 'an ending for another', 'no ending'])
    expect(own.find(({ name }) => name === 'a folder')?.file).toBe('c/index.ts')
    expect(placesOf(catalogue, 'a snapshot is installed')).toHaveLength(1)
    expect(catalogue.notFollowed.map(({ specifier }) => specifier)).toEqual(['./gone.js', 'not-installed'])
  })
})
