import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checkLinearizable } from '../../../sim/check/linearizable.js'
import { casRegister, kv } from '../../../sim/check/models.js'
import { readEtcdLog, readKvLog } from './jepsen-history.js'

/** Histories that Jepsen recorded, with Porcupine's verdicts: kept beside the checkout, not in it. */
const folder = fileURLToPath(new URL('../../../../shared/oracles/porcupine/', import.meta.url))
const present = existsSync(`${folder}expected.json`)
const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8')

describe.skipIf(!present)('Porcupine agrees on', () => {
  const expected = present ? (JSON.parse(read('expected.json')) as Record<string, { model: string; linearizable: boolean }>) : {}

  test('which histories there are', () => {
    expect(Object.keys(expected).length).toBeGreaterThan(50)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(Object.keys(expected)))
  })

  test.each(Object.entries(expected))('%s', (name, { model, linearizable }) => {
    const found = model === 'cas-register' ? checkLinearizable(casRegister(), readEtcdLog(read(name))) : checkLinearizable(kv(), readKvLog(read(name)))
    expect(found.verdict).toBe(linearizable ? 'yes' : 'no')
  })
})
