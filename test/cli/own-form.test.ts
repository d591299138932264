import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { toBuilt } from '../../cli/built-names-hook.mjs'
import { isBuiltFormCurrent } from '../../cli/own-form.mjs'
import { repository } from '../../tools/repository.js'
import { example, freshFolder, seedfall } from './seedfall.js'

const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-form-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, seconds: number): void {
  const place = path.join(folder, file)
  mkdirSync(path.dirname(place), { recursive: true })
  writeFileSync(place, '')
  utimesSync(place, seconds, seconds)
}

describe('the built form', () => {
  test('is used only while no source is as new as its build', () => {
    for (const part of ['sim/kernel', 'systems', 'invariants', 'scenarios', 'cli', 'examples/models']) write(`${part}/a.ts`, 1_000)
    expect(isBuiltFormCurrent(folder)).toBe(false)
    write('dist/.begun', 2_000)
    expect(isBuiltFormCurrent(folder)).toBe(true)
    write('sim/kernel/b.ts', 2_000)
    expect(isBuiltFormCurrent(folder)).toBe(false)
    write('sim/kernel/b.ts', 1_999)
    expect(isBuiltFormCurrent(folder)).toBe(true)
    write('examples/models/a.model.ts', 2_000)
    expect(isBuiltFormCurrent(folder)).toBe(false)
    write('examples/models/a.model.ts', 1_000)
    write('sim/kernel/notes.md', 3_000)
    expect(isBuiltFormCurrent(folder)).toBe(true)
  })

  test.each([
    ['sim/index.ts', 'dist/sim/index.js'],
    ['scenarios/broker.scenario.ts', 'dist/scenarios/broker.scenario.js'],
    ['examples/lock.scenario.ts', 'examples/lock.scenario.ts'],
    ['test/cli/seedfall.ts', 'test/cli/seedfall.ts'],
    ['cli/bin.mjs', 'cli/bin.mjs'],
  ])('has the place of %s at %s', (source, place) => {
    const at = (file: string) => pathToFileURL(path.join(repository, file)).href
    expect(toBuilt({ url: at(source) })).toMatchObject({ url: at(place) })
  })

  test.runIf(isBuiltFormCurrent())('holds every model in the box, so that none has to be compiled to be checked (only where it is current)', () => {
    const names = (folder: string, suffix: string) =>
      readdirSync(path.join(repository, folder)).flatMap((file) => (file.endsWith(suffix) ? [file.slice(0, -suffix.length)] : []))
    expect(names('dist/examples/models', '.model.js')).toEqual(names('examples/models', '.model.ts'))
  })

  test.runIf(isBuiltFormCurrent())('runs as the sources do, for files that name either (only where it is current)', async () => {
    const words = ['run', example('lock'), '--seed', '3', '--duration', '5s', '--json']
    const asIs = await seedfall(words, freshFolder())
    const sources = await seedfall(words, freshFolder(), undefined, { SEEDFALL_FORM: 'sources' })
    expect(sources.error).toBe('')
    expect(JSON.parse(asIs.out)).toEqual(JSON.parse(sources.out))
  })
})
