import { expect, test } from 'vitest'
import type { Injection } from '../../../../sim/faults/injection.js'
import { ms, s } from '../../../../sim/host/durations.js'
import type { Host } from '../../../../sim/host/seam.js'
import { run } from '../../../../sim/run/run.js'
import { invariant, protocol, scenario, system, workload } from '../../../../sim/run/scenario.js'
import { failureShape } from '../../../../sim/run/shrink/failure-shape.js'
import { recipeOf, requestFrom } from '../../../../sim/run/shrink/recipe.js'
import { tryRecipe } from '../../../../sim/run/shrink/trial.js'

const Count = protocol<{ next: { req: number; res: undefined } }>('count', { transport: 'datagram' })

interface Counting {
  last: number
  misses: number
}

/** Numbers go from one to the other: the second notices those that never came. */
function counting(host: Host): Counting {
  const seen: Counting = { last: 0, misses: 0 }
  host.net.serve(Count, {
    next: (number): undefined => {
      if (number !== seen.last + 1) seen.misses++
      seen.last = number
    },
  })
  if (host.name === 'end-1') {
    host.spawn('numbers', async () => {
      for (let number = 1; ; number++) {
        await host.clock.sleep(ms(10))
        host.net.send(Count, 'end-2', 'next', number)
      }
    })
  }
  return seen
}

const twoMisses = scenario<{ end: Counting }, number, number>({
  name: 'two-misses',
  system: system({ name: 'two-misses', roles: { end: { count: 2, boot: counting } }, survives: { down: 0 } }),
  workload: workload({ clients: 0, generate: () => 0, perform: async () => 0 }),
  invariants: [
    invariant<{ end: Counting }>('FewMisses', () => ({ hosts: { end } }) => {
      const misses = end[1]?.process?.misses ?? 0
      return misses >= 2 ? `${misses} numbers were missed` : undefined
    }),
  ],
  faults: { strategy: 'none', kinds: ['net.drop'] },
  duration: s(2),
  healAt: s(1),
})

const struck = (kind: Injection['kind'], ordinal: number, at: number, harmNanos: number): Injection => ({
  kind,
  site: 'end-1>end-2 count.next',
  ordinal,
  at,
  args: { harmNanos },
})
const dropped = (ordinal: number, at: number): Injection => ({ kind: 'net.drop', site: 'end-1>end-2 count.next', ordinal, at, args: { harmNanos: 0 } })

test('a packet that is lost earlier than it is listed is kept, at the time when it was lost', async () => {
  const request = { scenario: twoMisses, seed: '1', plan: { injections: [dropped(3, ms(30)), dropped(6, ms(60))] } }
  const report = await run(request)
  expect(report.violation?.check).toBe('FewMisses')
  const { at } = report.violation!
  // As where the shrinker has made a run shorter: ordinals come sooner than in the run that they were taken from.
  const recipe = { ...recipeOf(request, report), injections: [dropped(3, ms(30)), dropped(6, ms(900))] }
  const trial = await tryRecipe(twoMisses, { recipe, stepLimit: 10_000 }, failureShape(report)!)
  if (trial === 'different' || trial === 'interrupted') throw new Error(`the run is ${trial}`)
  expect(trial.endsAtViolation).toBe(true)
  expect(trial.recipe.injections.map(({ ordinal }) => ordinal)).toEqual([3, 6])
  for (const injection of trial.recipe.injections) expect(injection.at).toBeLessThan(at)
  expect((await run(requestFrom(trial.recipe, twoMisses))).traceHash).toBe(trial.traceHash)
})

test('packets that two kinds strike are struck in one order, whichever of them is listed first', async () => {
  const scenario = { ...twoMisses, faults: { strategy: 'none' as const, kinds: ['net.duplicate', 'net.delay'] as const } }
  const injections = [struck('net.duplicate', 6, ms(60), ms(1)), struck('net.delay', 3, ms(900), ms(40)), struck('net.duplicate', 3, ms(900), ms(1))]
  const runOf = (listed: readonly Injection[]) => run({ scenario, seed: '1', plan: { injections: listed } })
  const report = await runOf(injections)
  expect(report.stale).toEqual([])
  const [first, ...others] = injections as [Injection, ...Injection[]]
  expect((await runOf([...others, first])).traceHash).toBe(report.traceHash)
})
