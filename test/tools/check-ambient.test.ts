import { describe, expect, test } from 'vitest'
import { checkAmbient } from '../../tools/check-ambient.js'
import { type Finding, programOf } from '../../tools/source-program.js'

/** Each snippet is a module of its own; the text is what the refusal must say. */
const refused: readonly (readonly [snippet: string, says: string])[] = [
  ['export const now = () => Date.now()', 'Date: use host.clock'],
  ['export const now = () => new Date()', 'Date: use host.clock'],
  ['export class Stamp extends Date {}', 'Date: use host.clock'],
  ['export const now = () => performance.now()', 'performance: use host.clock'],
  ['export const roll = () => Math.random()', 'Math.random: use host.random'],
  ['export const roll = () => Math["random"]()', 'Math: name the function'],
  ['const { random } = Math\nexport const roll = () => random()', 'Math: name the function'],
  ['export const id = () => crypto.randomUUID()', 'crypto: use host.random'],
  ['export const later = (f: () => void) => setTimeout(f, 1)', 'setTimeout: use host.clock.timer'],
  ['export const later = { setImmediate }', 'setImmediate: use host.clock.timer'],
  ['export const get = () => fetch("http://x")', 'fetch: use host.net'],
  ['export const say = () => console.log(1)', 'console: use host.log'],
  ['export const env = () => process.env.HOME', 'process: use host.config'],
  ['export const bytes = () => Buffer.alloc(1)', 'Buffer: use Uint8Array'],
  ['export const all = () => globalThis', 'globalThis: reach the world through the host'],
  ['export const log = (x: number) => Math.log(x)', 'Math.log: engines round it differently'],
  ['export const power = (x: number) => x ** 0.3', '**: engines round it differently'],
  ['export const before = (a: string, b: string) => a.localeCompare(b)', ".localeCompare: depends on the machine's language"],
  ['export const weak = (a: object) => new WeakRef(a)', 'WeakRef: depends on when garbage is collected'],
  ["import { readFile } from 'node:fs/promises'\nexport const read = readFile", 'node:fs/promises: use host.disk'],
  ["import { connect } from 'net'\nexport const dial = connect", 'net: use host.net'],
  ["export const load = () => import('node:os')", 'node:os: use host.config'],
  ['let counter = 0\nexport const next = () => counter++', 'counter: state of a module outlives the run'],
  ['const seen = new Map<string, number>()\nexport const mark = (k: string) => seen.set(k, 1)', 'seen: state of a module outlives the run'],
  ['const list: number[] = []\nexport const add = (x: number) => list.push(x)', 'list: state of a module outlives the run'],
]

const accepted: readonly string[] = [
  'export const at = (value: { readonly at: Date }): Date => value.at',
  'export function draw(crypto: { roll(): number }) { return crypto.roll() }',
  'const fetch = (x: number) => x\nexport const got = fetch(1)',
  'export const options = { process: 1, Date: 2 }\nexport const read = options.process + options.Date',
  'export const floor = Math.floor(1.5) + 2 ** 10',
  "import type { Server } from 'node:net'\nexport const isServer = (server: Server | undefined) => server !== undefined",
  'const none: readonly number[] = []\nexport const first = none[0]',
  "const order = new Map([['a', 1]])\nexport const rank = (k: string) => order.get(k)",
]

const program = programOf(
  Object.fromEntries([
    ...refused.map(([text], i): [string, string] => [`systems/refused/case-${i}.ts`, text]),
    ...accepted.map((text, i): [string, string] => [`systems/accepted/case-${i}.ts`, text]),
    ['cli/free.ts', 'export const now = () => Date.now()'],
    ['sim/kernel/excepted.ts', 'export const now = () => performance.now()'],
  ]),
)
const excepted = { file: 'sim/kernel/excepted.ts', name: 'performance', why: 'a test' }
const findings = checkAmbient(program, [excepted])
const of = (file: string): Finding[] => findings.filter((finding) => finding.file === file)

describe('what a guarded folder refuses', () => {
  test.each(refused.map(([snippet, says], i) => ({ snippet, says, i })))('$snippet', ({ says, i }) => {
    const messages = of(`systems/refused/case-${i}.ts`).map(({ message }) => message)
    expect(messages, messages.join('\n')).toHaveLength(1)
    expect(messages[0]).toContain(says)
  })
})

describe('what it accepts', () => {
  test.each(accepted.map((snippet, i) => ({ snippet, i })))('$snippet', ({ i }) => {
    expect(of(`systems/accepted/case-${i}.ts`)).toEqual([])
  })
  test('code outside the guarded folders is free', () => expect(of('cli/free.ts')).toEqual([]))
  test('a listed exception holds', () => expect(of(excepted.file)).toEqual([]))
})

test('an exception that nothing needs is refused', () => {
  const [finding, ...others] = checkAmbient(program, [excepted, { file: 'systems/accepted/case-0.ts', name: 'Date', why: 'none' }]).filter(({ message }) =>
    message.includes('exception'),
  )
  expect(others).toEqual([])
  expect(finding?.message).toContain('the exception for Date is not needed any more')
})

test('a finding names file, line and column', () => {
  expect(of('systems/refused/case-22.ts')[0]).toMatchObject({ file: 'systems/refused/case-22.ts', line: 1, column: 5 })
})
