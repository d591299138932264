import { describe, expect, test } from 'vitest'
import { DiskError, InjectedFailure, Misuse, NetError, ObjectStoreError, OperationFailed, RemoteError, SeedfallError } from '../../../sim/host/errors.js'

/** The same module, loaded once more, as by a scenario that is compiled to CommonJS. */
const again = '../../../sim/host/errors.js?copy'
const copy = (await import(again)) as typeof import('../../../sim/host/errors.js')
const errors = { DiskError, InjectedFailure, Misuse, NetError, ObjectStoreError, OperationFailed, RemoteError }

describe('errors of another copy of the package', () => {
  test.each([
    ['OperationFailed', () => new copy.OperationFailed('no lease')],
    ['NetError', () => new copy.NetError('timeout', 'too late')],
    ['DiskError', () => new copy.DiskError('EIO', 'sync', 'log')],
    ['ObjectStoreError', () => new copy.ObjectStoreError('slow-down', 'put', 'a')],
    ['Misuse', () => new copy.Misuse('a wrong argument')],
  ] as const)('are instances of %s here, and of no other', (name, make) => {
    expect(copy[name]).not.toBe(errors[name])
    const error: unknown = make()
    expect(error).toBeInstanceOf(SeedfallError)
    for (const [other, kind] of Object.entries(errors)) expect([other, error instanceof kind]).toEqual([other, other === name])
  })

  test('are instances of what they extend', () => {
    const error: unknown = new copy.RemoteError('no', undefined)
    expect([error instanceof errors.RemoteError, error instanceof errors.NetError, error instanceof errors.DiskError]).toEqual([true, true, false])
  })

  test('are told by what they are when they are of a class of their own', () => {
    class Busy extends SeedfallError {
      readonly code = 'busy'
    }
    class OtherBusy extends copy.SeedfallError {
      readonly code = 'busy'
    }
    Object.defineProperty(OtherBusy, 'name', { value: 'Busy' })
    const error: unknown = new OtherBusy('later')
    expect([error instanceof SeedfallError, error instanceof Busy, new Busy('later') instanceof Busy]).toEqual([true, false, true])
    for (const no of [null, undefined, 'Misuse', {}, Object.create(null), new Error('Misuse')]) expect(no instanceof (errors.Misuse as never)).toBe(false)
  })
})
