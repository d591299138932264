import { expect, test } from 'vitest'
import { type Host, ms, s, scenario, simulate, system, workload } from '../../../sim/index.js'

type Writer = { readonly found: string }

/** Writes a page that it never syncs, and tells after a restart what is left of it. */
const writing = scenario({
  name: 'writing',
  system: system<{ writer: Writer }>({
    name: 'writing',
    roles: {
      writer: {
        count: 1,
        boot: async ({ disk, incarnation }: Host) => {
          if (incarnation > 1) {
            const file = await disk.open('page')
            return { found: [...(await file.readAt(0, file.size()))].join('') }
          }
          const file = await disk.open('page', { create: true })
          await disk.syncDirectory('')
          await file.writeAt(0, new Uint8Array(8).fill(1))
          await file.sync()
          await file.writeAt(0, new Uint8Array(8).fill(2))
          return { found: 'nothing lost yet' }
        },
      },
    },
    survives: { down: 1 },
  }),
  workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'none' },
  duration: s(1),
  healAt: s(1),
})

/** What is left after a power loss at this time. */
async function leftAfter(seed: string, at: number): Promise<string> {
  await using sim = await simulate(writing, { seed, faults: 'none' })
  await sim.advance(at)
  sim.powerLoss('writer-1')
  sim.restart('writer-1')
  await sim.advance(ms(100))
  return sim.world.hosts.writer[0]?.process?.found ?? 'not up'
}

test('what a power loss by hand leaves is drawn by the seed, and the same for the same one', async () => {
  const left: string[] = []
  for (let seed = 1; seed <= 20; seed++) left.push(await leftAfter(`${seed}`, ms(100)))
  expect([...new Set(left)].sort()).toEqual(['11111111', '22222222'])
  expect(await leftAfter('3', ms(100))).toBe(left[2])
})

test('what is left is drawn by the moment, too', async () => {
  const left = new Set<string>()
  for (let at = 100; at < 120; at++) left.add(await leftAfter('1', ms(at)))
  expect(left.size).toBe(2)
})
