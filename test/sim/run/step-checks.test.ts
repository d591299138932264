import { describe, expect, it } from 'vitest'
import type { World } from '../../../sim/host/world.js'
import { KernelEvent, world } from '../../../sim/kernel/event.js'
import { Kernel } from '../../../sim/kernel/kernel.js'
import { rootKey } from '../../../sim/kernel/root-key.js'
import type { Invariant, Observation } from '../../../sim/run/scenario.js'
import { StepChecks } from '../../../sim/run/step-checks.js'

type Roles = Record<string, unknown>

const kernel = new Kernel({
  key: rootKey('1'),
  hooks: { stepEnded: () => false, failed: () => {}, describe: () => ({ host: null, incarnation: 0, detail: '' }) },
  stepLimit: 10,
  queueLimit: 10,
})

function checksOf(...invariants: Invariant<Roles>[]): StepChecks {
  return new StepChecks(invariants, {} as World<Roles>)
}

describe('the checks of a step', () => {
  const calls: string[] = []
  const check = (name: string, observation?: Observation<Roles>, message?: string, concerns?: number): Invariant<Roles> => ({
    name,
    begin: () => () => {
      calls.push(name)
      return message
    },
    ...(observation === undefined ? {} : { observation }),
    ...(concerns === undefined ? {} : { concerns }),
  })
  const observation = (look: () => number): Observation<Roles> => ({
    begin: () => {
      calls.push('begin')
      return look
    },
  })
  const run = (checks: StepChecks) => checks.run(kernel, new KernelEvent(0, world, null, null, null, 0, undefined, undefined, undefined, 0), null)

  it('pass over the invariants of an observation that has nothing to see, and only those', () => {
    calls.length = 0
    let seen = 0
    const shared = observation(() => seen)
    const checks = checksOf(check('first'), check('second', shared), check('third', shared), check('fourth'))
    expect(calls).toEqual(['begin'])
    expect(run(checks)).toBeNull()
    expect(calls).toEqual(['begin', 'first', 'fourth'])
    seen = 1
    expect(run(checks)).toBeNull()
    expect(calls).toEqual(['begin', 'first', 'fourth', 'first', 'second', 'third', 'fourth'])
  })

  it('are made where they concern what was seen, or anything', () => {
    calls.length = 0
    const shared = observation(() => 2)
    expect(run(checksOf(check('first', shared, undefined, 1), check('second', shared, undefined, 3), check('third', shared)))).toBeNull()
    expect(calls).toEqual(['begin', 'second', 'third'])
  })

  it('keep their order, and name the first that broke', () => {
    calls.length = 0
    const shared = observation(() => 1)
    const checks = checksOf(check('first', shared), check('second', shared, 'broken'), check('third', undefined, 'broken too'))
    expect(run(checks)).toEqual({ name: 'second', message: 'broken' })
    expect(calls).toEqual(['begin', 'first', 'second'])
    expect(checks.count).toBe(3)
  })
})
