import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../../../sim/check/history/history-event.js'
import { readHistory } from '../../../../sim/check/history/read-history.js'
import { checkLinearizable, type Linearizability } from '../../../../sim/check/linearizability/linearizable.js'
import { modelDialects } from '../../../../sim/check/linearizability/model-dialects.js'
import { casRegister, kv, type SequentialModel } from '../../../../sim/check/linearizability/models.js'

/** Histories that Jepsen recorded, with Porcupine's verdicts: kept beside the checkout, not in it. */
const folder = fileURLToPath(new URL('../../../../../shared/oracles/porcupine/', import.meta.url))
const present = existsSync(`${folder}expected.json`)
const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8')

if (!present) console.log(`Porcupine's histories are not beside this checkout (${folder}): its verdicts are not compared`)

describe.skipIf(!present)('Porcupine agrees on', () => {
  const expected = present ? (JSON.parse(read('expected.json')) as Record<string, { model: string; linearizable: boolean }>) : {}
  const judged = <Op>(name: string, model: SequentialModel<Op, unknown>, dialect: Dialect<Op, unknown>): Linearizability<Op, unknown> =>
    checkLinearizable(model, readHistory(read(name), dialect))
  const verdictOf = (name: string, model: string): string =>
    model === 'cas-register' ? judged(name, casRegister(), modelDialects['cas-register']).verdict : judged(name, kv(), modelDialects.kv).verdict

  test('which histories there are', () => {
    expect(Object.keys(expected).length).toBeGreaterThan(50)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(Object.keys(expected)))
  })

  test.each(Object.entries(expected))('%s', (name, { model, linearizable }) => {
    expect(verdictOf(name, model)).toBe(linearizable ? 'yes' : 'no')
  })

  test('all of them in little work: the steps are counted, as time is not', () => {
    const steps = { 'cas-register': 0, kv: 0 }
    const began = performance.now()
    for (const [name, { model }] of Object.entries(expected)) {
      if (model === 'cas-register') steps[model] += judged(name, casRegister(), modelDialects[model]).steps
      else steps.kv += judged(name, kv(), modelDialects.kv).steps
    }
    console.log(`Porcupine's histories: ${JSON.stringify(steps)} steps in ${(performance.now() - began).toFixed(0)} ms`)
    // At a million steps a second and more, well below the second that all of etcd's may take together, and the ten of all.
    expect(steps['cas-register']).toBeLessThan(20_000)
    expect(steps.kv).toBeLessThan(200_000)
  })
})
