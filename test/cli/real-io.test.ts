import { expect, test } from 'vitest'
import { fixture, seedfall } from './seedfall.js'

test('a handler that waits for a real file is crashed: exit 4, with the line that opened it', async () => {
  const { code, out, error } = await seedfall(['run', fixture('reads-file'), '--seed', '1'])
  expect(error).toBe('')
  expect(out).toMatch(/RealIo {2}on server-1(?:.|\n)*real input or output was started at .*reads-file\.scenario\.ts:11:\d+: /)
  expect(code).toBe(4)
})
