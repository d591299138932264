import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { WorkerTrier } from '../../cli/worker-trier.js'
import { run } from '../../sim/run/run.js'
import type { AnyScenario } from '../../sim/run/scenario.js'
import { type FailureShape, failureShape } from '../../sim/run/shrink/failure-shape.js'
import { recipeOf } from '../../sim/run/shrink/recipe.js'
import { shrink } from '../../sim/run/shrink/shrink.js'
import type { TrialRequest } from '../../sim/run/shrink/trial.js'
import hangsWhenLess from './fixtures/hangs-when-less.scenario.js'
import leavesWhenLess from './fixtures/leaves-when-less.scenario.js'
import { fixture, freshFolder } from './seedfall.js'

/** Of a worker, what these tests do not look at. */
const around = { heapMegabytes: 512, print: () => {} }

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
        triers.push(new WorkerTrier({ scenario: fixture('hangs-when-less'), folder: freshFolder(), jobs: 2, failure, signal, hangMillis: 1_000, ...around }))
        return triers[0] as WorkerTrier
      },
    })
    await triers[0]?.close()
    expect(shrunk).toMatchObject({ stopped: null, isMinimal: true })
    expect(shrunk.replay.operations?.map(({ op }) => op)).toEqual(['open', 'go-through'])
  })

  test('takes a candidate that ends its thread for one that does not fail, however many do', async () => {
    const request = { scenario: leavesWhenLess, seed: '1' }
    const report = await run(request)
    const { signal } = new AbortController()
    const trier = new WorkerTrier({
      scenario: fixture('leaves-when-less'),
      folder: freshFolder(),
      jobs: 2,
      failure: failureShape(report) as FailureShape,
      signal,
      hangMillis: 60_000,
      ...around,
    })
    const whole = recipeOf(request, report)
    const ending = { recipe: { ...whole, operations: [] }, stepLimit: 10_000 }
    const found = await trier.first([...new Array<TrialRequest>(9).fill(ending), { recipe: whole, stepLimit: 10_000 }])
    await trier.close()
    expect(found?.index).toBe(9)
  })

  test('keeps its least run when no thread can load the scenario any more', async () => {
    const folder = freshFolder()
    const file = path.join(folder, 'gone.scenario.ts')
    writeFileSync(file, `export { default } from '${fixture('leaves-when-less')}'\n`)
    const { shrunk } = await shrunkBy(leavesWhenLess, file, () => rmSync(file, { force: true }))
    expect(shrunk).toMatchObject({
      stopped: 'broken',
      isMinimal: false,
      brokenBy: expect.stringMatching(/^no thread can load .*gone\.scenario\.ts any more: .*no such file/),
    })
    expect(shrunk.report.violation?.message).toBe('everything was done')
  })
})

async function shrunkBy(scenario: AnyScenario, file: string, onProgress = () => {}) {
  const request = { scenario, seed: '1' }
  const report = await run(request)
  let trier: WorkerTrier | undefined
  const shrunk = await shrink(request, report, {
    timeMillis: 150_000,
    salts: 0,
    onProgress: ({ runs }) => {
      if (runs > 0) onProgress()
    },
    trier: (failure, signal) => {
      const name = file.endsWith('.ts') ? file : fixture(file)
      trier = new WorkerTrier({ scenario: name, folder: freshFolder(), jobs: 2, failure, signal, hangMillis: 60_000, ...around })
      return trier
    },
  })
  await trier?.close()
  return { shrunk, report }
}
