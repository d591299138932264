import { describe, expect, test } from 'vitest'
import { deaths, everyBoundary, migrate } from './migration-crash.js'

describe('A migration, whoever dies at whatever message', () => {
  // Boundaries of the other side are for `migration-crash-table.ts`.
  test.each(deaths.filter(({ dies, clock }) => (dies.length === 2 ? clock === 'source' : dies.includes(clock))))(
    'leaves one owner that runs it when $dies dies',
    async (row) => {
      const whole = await migrate([], row.clock, 0)
      const last = whole.entrances[row.clock]
      expect(last).toBeGreaterThan(8)
      const { withSource, withTarget, withNobody } = await everyBoundary(row, Math.min(last, 60))
      expect(withNobody).toBe(0)
      // Early deaths leave it with the source, late ones with the target.
      if (row.dies.length === 1) expect(Math.min(withSource, withTarget)).toBeGreaterThan(0)
    },
  )
})
