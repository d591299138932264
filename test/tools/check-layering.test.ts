import { expect, test } from 'vitest'
import { checkLayering } from '../../tools/check-layering.js'
import { parse } from '../../tools/source-program.js'

const cases: readonly { readonly file: string; readonly imports: string; readonly refused: boolean }[] = [
  { file: 'sim/kernel/a.ts', imports: '../net/link.js', refused: false },
  { file: 'sim/kernel/a.ts', imports: 'seedrandom', refused: false },
  { file: 'sim/kernel/a.ts', imports: '../../systems/raft/node.js', refused: true },
  { file: 'sim/kernel/a.ts', imports: '../real/real-host.js', refused: true },
  { file: 'scenarios/a.ts', imports: '../sim/real/index.js', refused: true },
  { file: 'sim/real/a.ts', imports: 'node:fs', refused: false },
  { file: 'sim/real/a.ts', imports: './real-host.js', refused: false },
  { file: 'cli/a.ts', imports: '../sim/real/index.js', refused: false },
  { file: 'sim/run/a.ts', imports: '../../cli/main.js', refused: true },
  { file: 'sim/run/node/a.ts', imports: 'node:fs', refused: false },
  { file: 'sim/run/node/a.ts', imports: '../run.js', refused: false },
  { file: 'sim/run/node/a.ts', imports: '../../real/index.js', refused: true },
  { file: 'sim/run/vitest.ts', imports: './node/run-seeds.js', refused: false },
  { file: 'sim/run/run.ts', imports: './node/run-seeds.js', refused: true },
  { file: 'scenarios/a.ts', imports: '../sim/run/node/run-seeds.js', refused: true },
  { file: 'cli/a.ts', imports: '../sim/run/node/source-files.js', refused: false },
  { file: 'systems/broker/a.ts', imports: '../../sim/host/seam.js', refused: false },
  { file: 'systems/broker/a.ts', imports: '../../sim/check/machine.js', refused: false },
  { file: 'systems/broker/a.ts', imports: '../../sim/run/scenario.js', refused: false },
  { file: 'systems/broker/a.ts', imports: '../../sim/run/run.js', refused: true },
  { file: 'systems/broker/a.ts', imports: '../../sim/kernel/kernel.js', refused: true },
  { file: 'systems/broker/a.ts', imports: '../raft/raft.js', refused: false },
  { file: 'systems/raft/a.ts', imports: '../broker/broker.js', refused: true },
  { file: 'systems/raft/a.ts', imports: '../../invariants/raft/log-matching.js', refused: true },
  { file: 'invariants/raft/a.ts', imports: '../../systems/raft/raft.js', refused: false },
  { file: 'invariants/raft/a.ts', imports: '../../scenarios/broker.scenario.js', refused: true },
  { file: 'scenarios/a.ts', imports: '../invariants/raft/log-matching.js', refused: false },
  { file: 'scenarios/a.ts', imports: '../cli/main.js', refused: true },
  { file: 'scenarios/a.ts', imports: '../test/fixtures/echo.js', refused: true },
  { file: 'cli/a.ts', imports: '../scenarios/index.js', refused: false },
  { file: 'cli/a.ts', imports: '../test/fixtures/echo.js', refused: true },
  { file: 'cli/a.ts', imports: 'seedfall', refused: true },
  { file: 'examples/a.ts', imports: 'seedfall', refused: false },
  { file: 'examples/a.ts', imports: '../sim/host/seam.js', refused: true },
  { file: 'test/a.ts', imports: '../cli/main.js', refused: false },
  { file: 'cli/a.ts', imports: '../../elsewhere.js', refused: true },
]

test.each(cases)('$file importing $imports, refused: $refused', ({ file, imports, refused }) => {
  for (const text of [`import '${imports}'`, `export * from '${imports}'`, `export type X = import('${imports}').X`, `void import('${imports}')`]) {
    expect(checkLayering(parse(file, text)).length, text).toBe(refused ? 1 : 0)
  }
})

test("in sim/ only sim/real/ and sim/run/node/ import Node's modules, except for their types", () => {
  expect(checkLayering(parse('sim/kernel/a.ts', "import { open } from 'node:fs'"))).toHaveLength(1)
  expect(checkLayering(parse('sim/kernel/a.ts', "void import('node:fs')"))).toHaveLength(1)
  expect(checkLayering(parse('sim/kernel/a.ts', "import type { Stats } from 'node:fs'"))).toEqual([])
  expect(checkLayering(parse('cli/a.ts', "import { open } from 'node:fs'"))).toEqual([])
})

test('a refusal says what may be imported', () => {
  const [finding] = checkLayering(parse('systems/kv/a.ts', "\nimport '../broker/log.js'"))
  expect(finding).toMatchObject({
    file: 'systems/kv/a.ts',
    line: 2,
    message: expect.stringContaining('systems/kv/ must not import systems/broker/log.ts; it may import'),
  })
})
