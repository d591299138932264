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
    let steps = 0
    const began = performance.now()
    for (const name of Object.keys(expected).filter((one) => one.startsWith('etcd'))) steps += judged(name, casRegister(), modelDialects['cas-register']).steps
    console.log(`etcd: ${steps} steps in ${(performance.now() - began).toFixed(0)} ms`)
    expect(steps).toBeLessThan(200_000)
  })
})
