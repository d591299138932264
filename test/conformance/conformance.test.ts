import { describe, expect, test } from 'vitest'
import { clockCases } from './cases/clock.js'
import { diskCases } from './cases/disk.js'
import { hostCases } from './cases/host.js'
import { objectCases } from './cases/objects.js'
import { protocolCases } from './cases/protocols.js'
import { type ConformanceCase, isDifference, type Kind } from './conformance-case.js'
import { runCase } from './run-case.js'

const cases: readonly ConformanceCase[] = [...clockCases, ...hostCases, ...protocolCases, ...diskCases, ...objectCases]

describe.each<Kind>(['simulated', 'real'])('on %s hosts', (kind) => {
  test.each(cases.map((subject) => [subject.area, subject.name, subject] as const))('%s: %s', async (_area, _name, subject) => {
    const { seen } = subject
    expect(await runCase(subject, kind)).toStrictEqual(isDifference(seen) ? seen[kind] : seen)
  })
})
