import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { HuntLock } from '../../cli/hunt-lock.js'
import { freshFolder } from './seedfall.js'

const lockIn = (folder: string): string => path.join(folder, 'hunt.lock')

test('a second hunt learns which process the first is of', () => {
  const file = lockIn(freshFolder())
  expect(HuntLock.take(file)).toBeInstanceOf(HuntLock)
  expect(HuntLock.take(file)).toEqual({ heldBy: process.pid })
})

test('a released lock is gone, and can be taken again', () => {
  const file = lockIn(freshFolder())
  const lock = HuntLock.take(file) as HuntLock
  lock.release()
  expect(existsSync(file)).toBe(false)
  expect(HuntLock.take(file)).toBeInstanceOf(HuntLock)
})

test.each([
  ['of a process that is gone', '4194999\n'],
  ['cut short', ''],
  ['with the id of this process, which did not take it', `${process.pid}\n`],
])('a lock %s is taken over', (_, text) => {
  const file = lockIn(freshFolder())
  writeFileSync(file, text)
  expect(HuntLock.take(file)).toBeInstanceOf(HuntLock)
})
