import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { DataDirectory } from '../../../sim/real/data-directory.js'

test('A data directory is free again though there is no room to write who left it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-data-test-'))
  const first = await DataDirectory.claim(folder)
  // Stands for a disk that takes nothing.
  mkdirSync(path.join(folder, 'lives/1.over'))
  await first.release()
  expect(readFileSync(path.join(folder, 'lives/1'), 'utf8')).toBe('')
  const second = await DataDirectory.claim(folder)
  expect(second.incarnation).toBe(2)
  await second.release()
  rmSync(folder, { recursive: true })
})
