import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../../sim/real/make-folder.js'
import { freshFolder } from '../../cli/seedfall.js'

test('makes all that is missing, and leaves what is there', () => {
  const folder = path.join(freshFolder(), 'a/b/c')
  makeFolder(folder)
  makeFolder(folder)
  expect(existsSync(folder)).toBe(true)
})

test.runIf(process.platform === 'linux')('throws where the system takes no folders, instead of trying for ever', () => {
  expect(() => makeFolder('/proc/seedfall/reports')).toThrow(/ENOENT|EACCES|EPERM/)
})
