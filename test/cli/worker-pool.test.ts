import { describe, expect, test, vi } from 'vitest'
import { type PoolOptions, WorkerPool } from '../../cli/worker-pool.js'
import { Campaign, type CampaignHooks } from '../../sim/run/campaign/campaign.js'
import { fixture, freshFolder } from './seedfall.js'

vi.setConfig({ testTimeout: 180_000 })

function poolOver(file: string, hooks: CampaignHooks = {}, more: Partial<PoolOptions> = {}): { campaign: Campaign; pool: WorkerPool; printed: string[] } {
  const printed: string[] = []
  const campaign = new Campaign({ scenarios: 1, firstSeed: 1, seeds: 3, isFailFast: false }, hooks)
  const pool = new WorkerPool(campaign, {
    scenarios: [{ scenario: 'of a file', file: fixture(file), durationNanos: 1e9, mustMeet: [], neverArmed: [] }],
    folder: freshFolder(),
    jobs: 2,
    seedTimeoutMillis: 60_000,
    heapMegabytes: 200,
    print: (text) => printed.push(text),
    ...more,
  })
  return { campaign, pool, printed }
}

describe('A pool of workers', () => {
  test('ends the hunt when a result cannot be kept, and does not lose the error', async () => {
    const { pool } = poolOver('ticking', {
      record: () => {
        throw new Error('the disk is full')
      },
    })
    await expect(pool.run()).rejects.toThrow('the disk is full')
  })

  test('says why a scenario cannot be loaded', async () => {
    await expect(poolOver('throws').pool.run()).rejects.toThrow(/throws\.scenario\.ts: throws when it is loaded/)
  })

  test('goes on when a worker is lost between two seeds, and says so', async () => {
    const { campaign, pool, printed } = poolOver('falls-later', {}, { jobs: 1 })
    await pool.run()
    expect(campaign.totals[0]!.toJSON().ranges).toEqual([[1, 3]])
    expect(printed.join('\n') + JSON.stringify(campaign.totals[0])).toContain('nobody caught Error: the floor gives way')
  })

  test('keeps what a scenario prints out of the results', async () => {
    const { pool, printed } = poolOver('chatty')
    await pool.run()
    expect(printed.join('')).toContain('a word of its own')
  })
})
