import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FailedSeeds } from '../../../../sim/run/node/failed-seeds.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'seedfall-failed-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const failed = (name = 'writes survive') => new FailedSeeds(folder, 'store', name)
const files = () => readdirSync(path.join(folder, '.seedfall/failed'))

test('seeds that failed are known to the next run, the latest first, until they pass', () => {
  expect(failed().seeds()).toEqual([])
  for (const seed of ['7', '9', '7', 'a word']) failed().add(seed)
  expect(failed().seeds()).toEqual(['a word', '7', '9'])
  failed().remove('7')
  failed().remove('never')
  expect(failed().seeds()).toEqual(['a word', '9'])
  failed().remove('a word')
  failed().remove('9')
  expect(failed().seeds()).toEqual([])
  expect(files()).toEqual([])
})

test('each test has a file of its own, also where names differ only in signs', () => {
  failed('a / b').add('1')
  failed('a - b').add('2')
  expect(files()).toHaveLength(2)
  expect(failed('a / b').seeds()).toEqual(['1'])
})

test('no more than twenty are kept', () => {
  for (let seed = 1; seed <= 30; seed++) failed().add(String(seed))
  expect(failed().seeds()).toHaveLength(20)
  expect(failed().seeds()[0]).toBe('30')
})

test('a file that is none of ours is as if there were none', () => {
  failed().add('7')
  writeFileSync(path.join(folder, '.seedfall/failed', files()[0] as string), '{"seeds": 7}')
  expect(failed().seeds()).toEqual([])
  failed().add('8')
  expect(failed().seeds()).toEqual(['8'])
})

test('nothing is written while nothing fails', () => {
  failed().remove('1')
  expect(existsSync(path.join(folder, '.seedfall'))).toBe(false)
})
