import { expect, test } from 'vitest'
import { matchesPattern } from '../../../sim/disk/file-pattern.js'

test('a file pattern has stars for anything', () => {
  const cases: [string, string | null, boolean][] = [
    ['wal/1', null, true],
    ['wal/1', 'wal/1', true],
    ['wal/10', 'wal/1', false],
    ['wal/1', 'wal/*', true],
    ['a/wal/1', '*wal*', true],
    ['a/wal/1', 'a/*/1', true],
    ['aa', 'a*a', true],
    ['a', 'a*a', false],
    ['abab', 'ab*ab*ab', false],
  ]
  for (const [path, pattern, fits] of cases) expect(matchesPattern(path, pattern), `${path} ${pattern}`).toBe(fits)
})
