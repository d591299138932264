import { expect, test } from 'vitest'
import { fixture, seedfall } from './seedfall.js'

test('equal runs are said to be equal', async () => {
  const { code, out } = await seedfall(['run', fixture('steady'), '--seed', '1', '--check-determinism'])
  expect(out).toMatch(/^✓ deterministic {2}steady {2}seed 1 {2}[\d,]+ steps twice, trace [0-9a-f]{16}; the run itself: passed\n$/)
  expect(code).toBe(0)
})

test.each([
  ['wall-clock', 'machine'],
  ['math-random', 'machine'],
  ['module-counter', 'module state'],
  ['time-zone', 'time zone'],
])('a process that uses the %s is pointed at, from both sides, with its line and what makes the difference', async (name, cause) => {
  const { code, out } = await seedfall(['run', fixture(name), '--seed', '1', '--check-determinism', '--ambient', 'off', '--json'])
  expect(code).toBe(1)
  const { deterministic, difference } = JSON.parse(out)
  expect(deterministic).toBe(false)
  for (const side of [difference.first, difference.second]) {
    expect(side.join('\n')).toMatch(new RegExp(`^ *${difference.step} .*server-1#1`, 'm'))
  }
  expect(difference.first).not.toEqual(difference.second)
  expect(difference.cause).toBe(cause)
  expect(difference.places).toEqual([expect.stringMatching(/fixtures\/ambient\.ts:18:\d+$/)])
})

test.each([
  ['counting-answers', /^in server-1's answer to counter\.count, whose handler is at .*fixtures\/counting-answers\.scenario\.ts:12:\d+$/],
  ['counting-messages', /fixtures\/counting-messages\.scenario\.ts:\d+:\d+$/],
])('where runs part inside a step (%s), that step is pointed at and not the one that scheduled it', async (name, place) => {
  const { out } = await seedfall(['run', fixture(name), '--seed', '1', '--check-determinism', '--json'])
  const { difference } = JSON.parse(out)
  expect(difference.first[0]).toContain('counter.count from client-1')
  expect(difference.places[0]).toMatch(place)
  expect(difference.cause).toBe('module state')
})

test('the difference is shown from both sides', async () => {
  const { out } = await seedfall(['run', fixture('math-random'), '--seed', '1', '--check-determinism', '--ambient', 'off'])
  expect(out).toMatch(
    /✗ not deterministic {2}math-random {2}seed 1 {2}the runs differ from step [\d,]+ on\n {2}first run:\n {4}.*\n(.*\n)* {2}second run:\n {4}/,
  )
})

test('runs that fail in the same way are deterministic, and the exit code is that of their outcome', async () => {
  const { code, out } = await seedfall(['run', fixture('wall-clock'), '--seed', '1', '--check-determinism'])
  expect(out).toMatch(
    /^✓ deterministic {2}wall-clock .*the run itself: crashed: AmbientUse: on server-1: performance\.now was used at .*wall-clock\.scenario\.ts:3:/,
  )
  expect(code).toBe(4)
})

test('runs with equal traces whose judge says different things are not deterministic', async () => {
  const { code, out } = await seedfall(['run', fixture('moody-judge'), '--seed', '1', '--check-determinism'])
  expect(out).toMatch(/✗ not deterministic(?:.|\n)*second run:\n {4}found violation: history: (?:.|\n)*not passed: what judges the run differs/)
  expect(code).toBe(1)
})

test('Ctrl-C in the second run ends the check: exit 130, and nothing is said of what was not compared', async () => {
  const words = ['run', fixture('interrupts-again'), '--seed', '1', '--check-determinism']
  const { code, out } = await seedfall(words)
  expect(out).toMatch(/^✗ interrupted {2}interrupts-again {2}seed 1 /)
  expect(code).toBe(130)
  expect(JSON.parse((await seedfall([...words, '--json'])).out)).toMatchObject({ deterministic: null, outcome: 'interrupted', exitCode: 130 })
})
