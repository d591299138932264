import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSource } from '../../../../sim/run/catalogue/read-source.js'

/** Properties of a source as `kind name line`. */
const stated = (text: string, file = 'a.ts') => readSource(file, text).properties.map(({ kind, name, line }) => `${kind} ${name} ${line}`)
const complaints = (text: string) => readSource('a.ts', text).findings.map(({ line, column, message }) => `${line}:${column} ${message}`)

describe('a property is listed', () => {
  test.each([
    ["host.check.always('a', x)", 'always a 1'],
    ["this.#host.check.sometimes('a')", 'sometimes a 1'],
    ["host?.check?.reachable('a')", 'reachable a 1'],
    ["host['check'].unreachable('a')", 'unreachable a 1'],
    ['host.check.reachable(`a`)', 'reachable a 1'],
    ["(host as Host).check.reachable('a' as const)", 'reachable a 1'],
    ["const { check } = host; check.reachable('a')", 'reachable a 1'],
    ["const { check: stating } = host; stating.reachable('a')", 'reachable a 1'],
    ["function boot({ check: stating }: Host) { stating.reachable('a') }", 'reachable a 1'],
    ["const so = host.check; const more = so; more.reachable('a')", 'reachable a 1'],
    ["const { reachable } = host.check; reachable('a')", 'reachable a 1'],
    ["const { check: { sometimes: now } } = host; now('a')", 'sometimes a 1'],
    ["function audit(properties: Properties) { properties.always('a', true) }", 'always a 1'],
    ["function audit(properties: Host['check']) { properties.always('a', true) }", 'always a 1'],
    ["class A { constructor(readonly stating: Properties) {} f() { this.stating.reachable('a') } }", 'reachable a 1'],
    ["class A { #so: Properties; f() { this.#so.reachable('a') } }", 'reachable a 1'],
    ["class A { constructor(h: Host) { this.so = h.check }\n f() { this.so.reachable('a') } }", 'reachable a 2'],
  ])('%s', (text, expected) => expect(stated(text)).toEqual([expected]))

  test('of a scenario, also where its list is a constant of the file or is put together', () => {
    const text = `
const calm = { name: 'calm', within: s(1), holds: () => true }
const more: readonly Eventually[] = [{ name: 'readable', within: s(1), ask: read }]
export default scenario({
  name: 'not a property',
  recovery: [{ name: 'catches up', within: s(5), begin }],
  eventually: [calm, ...more, { within: s(2), name: \`equal\`, holds }] satisfies Eventually[],
})`
    expect(stated(text)).toEqual(['recovery catches up 6', 'eventually calm 2', 'eventually readable 3', 'eventually equal 7'])
    expect(complaints(text)).toEqual([])
  })

  test('in JavaScript and in TSX', () => {
    expect(stated("export const a = (host) => host.check.reachable('a')", 'a.mjs')).toEqual(['reachable a 1'])
    expect(stated("const a = <b onClick={() => host.check.reachable('a')} />", 'a.tsx')).toEqual(['reachable a 1'])
  })
})

describe('nothing is listed', () => {
  test.each([
    "Math.always('a')",
    "expect(x).sometimes('a')",
    "always('a')",
    "// host.check.always('a')",
    'const text = "host.check.always(\'a\')"',
    'const { recovery = [], eventually = [] } = scenario',
    "interface A { recovery: { name: 'a' }[] }",
    'const shown = { recovery, eventually }',
  ])('of %s', (text) => {
    const { properties, findings } = readSource('a.ts', text)
    expect([...properties, ...findings]).toEqual([])
  })
})

describe('a name that cannot be listed is a finding', () => {
  test.each([
    ['host.check.always(name, true)', "1:19 the name of this 'always' is not a literal"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source that is read has one.
    ['host.check.sometimes(`a ${b}`)', "1:22 the name of this 'sometimes' is not a literal"],
    ["host.check.reachable('a' + b)", "1:22 the name of this 'reachable' is not a literal"],
    ['host.check.reachable()', "1:1 the name of this 'reachable' is not a literal"],
    ['scenario({ eventually: [{ name, within, holds }] })', "1:27 the name of this 'eventually' is not a literal"],
    ['scenario({ recovery: [recovers(3)] })', "1:23 this 'recovery' is made elsewhere"],
    ['scenario({ recovery: recoveries() })', "1:22 this 'recovery' is made elsewhere"],
    ['scenario({ recovery: [...all()] })', "1:26 this 'recovery' is made elsewhere"],
  ])('%s', (text, says) => {
    expect(complaints(text)).toEqual([expect.stringContaining(says)])
    expect(stated(text)).toEqual([])
  })

  test('a source that is none is one, with its place', () => {
    expect(complaints('const a = 1\nconst b = = 2')).toEqual([expect.stringMatching(/^2:\d+ cannot be read: /)])
  })
})

test('sites are listed: what a process may take, fail at or mark, and no marks of others', () => {
  const { sites } = readSource(
    'a.ts',
    "host.maybe('early'); maybe('late'); await this.#host.failpoint('flush', {}); host.mark('leading'); performance.mark('start'); host.maybe(site)",
  )
  expect(sites.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['maybe early', 'maybe late', 'failpoint flush', 'mark leading'])
})

test('imports are those that something is run of', () => {
  const { imports } = readSource(
    'a.ts',
    `import a from './a.js'
import type { B } from './b.js'
import { type C } from './c.js'
import { type D, d } from './d.js'
import './e.js'
export * from './f.js'
export type { G } from './g.js'
export { h } from './h.js'
const i = await import('./i.js')
await import(name)
type J = import('./j.js').J`,
  )
  expect(imports.map(({ specifier }) => specifier)).toEqual(['./a.js', './d.js', './e.js', './f.js', './h.js', './i.js'])
})

test('a property is found wherever it stands, at its line, by any literal', () => {
  const names = fc.string({ minLength: 1 })
  const kinds = fc.constantFrom('always', 'sometimes', 'reachable', 'unreachable')
  const around = fc.constantFrom(
    (call: string) => call,
    (call: string) => `if (a) { ${call} }`,
    (call: string) => `host.net.serve(P, { add: async (a) => { await b; ${call} } })`,
    (call: string) => `class A { static { ${call} } }`,
    (call: string) => `const f = () => (a ? ${call} : null)`,
    (call: string) => `switch (a) { case 1: ${call} }`,
    (call: string) => `for await (const a of b) try { ${call} } finally { }`,
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(kinds, names, around), { maxLength: 6 }), (calls) => {
      const text = calls.map(([kind, name, wrap]) => wrap(`host.check.${kind}(${JSON.stringify(name)})`)).join('\n')
      expect(stated(text)).toEqual(calls.map(([kind, name], i) => `${kind} ${name} ${i + 1}`))
    }),
    { numRuns: 80 },
  )
})
