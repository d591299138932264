import { describe, expect, test, vi } from 'vitest'
import { WorkerTrier } from '../../cli/worker-trier.js'
import { run } from '../../sim/run/run.js'
import { shrink } from '../../sim/run/shrink/shrink.js'
import hangsWhenLess from './fixtures/hangs-when-less.scenario.js'
import { fixture, freshFolder } from './seedfall.js'

vi.setConfig({ testTimeout: 180_000 })

describe('A shrinker on worker threads', () => {
  test('takes a candidate that loops for ever for one that does not fail, and goes on', async () => {
    const request = { scenario: hangsWhenLess, seed: '1' }
    const report = await run(request)
    expect(report.violation?.check).toBe('nobody goes through')
    const triers: WorkerTrier[] = []
    const shrunk = await shrink(request, report, {
      timeMillis: 150_000,
      trier: (failure, signal) => {
        triers.push(new WorkerTrier({ scenario: fixture('hangs-when-less'), folder: freshFolder(), jobs: 2, failure, signal, hangMillis: 1_000 }))
        return triers[0] as WorkerTrier
      },
    })
    await triers[0]?.close()
    expect(shrunk).toMatchObject({ stopped: null, isMinimal: true })
    expect(shrunk.replay.operations?.map(({ op }) => op)).toEqual(['open', 'go-through'])
  })
})
