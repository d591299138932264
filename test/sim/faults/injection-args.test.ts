import { describe, expect, test } from 'vitest'
import { catalogueOf } from '../../../sim/faults/catalogue.js'
import type { Injection } from '../../../sim/faults/injection.js'
import { type AnyScenario, run, simulate } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

const scenario = registerStore as unknown as AnyScenario
const { definitions } = catalogueOf(scenario)

const listed = (kind: string, args: Injection['args'], site = 'replica-1') =>
  run({ scenario, seed: '1', duration: 1e6, plan: { injections: [{ kind, site, ordinal: 1, at: 100, args }] } })

describe('the arguments of a listed injection', () => {
  test.each(definitions.filter(({ apply }) => apply !== undefined).map(({ kind }) => kind))('%s says what they have to be', (kind) => {
    expect(definitions.find((each) => each.kind === kind)?.args).toBeDefined()
  })

  test.each(definitions.filter(({ replayOccurrences }) => replayOccurrences !== undefined).map(({ kind }) => kind))(
    '%s says what they are of one occurrence',
    (kind) => {
      expect(definitions.find((each) => each.kind === kind)?.occurrenceArgs).toBeDefined()
    },
  )

  test.each([
    ['net.drop', { forNanos: 5, perMille: 2_000, mostNanos: 0, key: [1, 2] }, 'perMille must be an integer from 0 to 1000, not 2000'],
    ['net.drop', { forNanos: 5, perMille: 20, mostNanos: 0 }, 'key must be two integers of 32 bits, and there is none'],
    ['net.delay', { harmNanos: 'long' }, 'harmNanos must be nanoseconds, an integer from 0 on, not "long"'],
    ['net.partition', { shape: 'star', groups: [], forNanos: null }, 'shape must be one of isolate, split, one-way, bridge, ring, not "star"'],
    ['net.partition', { shape: 'split', groups: ['replica-1'], forNanos: null }, 'groups must be a list of lists of hosts, not ["replica-1"]'],
    ['process.crash', { beforeEffect: 0.5, restartAfterNanos: null }, 'beforeEffect must be an integer from 0 on, not 0.5'],
    ['process.crash-loop', { again: [{ steps: 1 }], restartAfterNanos: 1 }, 'again must be a list of deaths, each { afterNanos, steps, beforeEffect }'],
    ['process.slow', { times: 'x', forNanos: 1 }, 'times must be an integer from 1 on, not "x"'],
    ['process.upgrade', { version: 3, graceNanos: 1, restartAfterNanos: 1 }, 'version must be a text, not 3'],
    ['power.loss', { hosts: 'all', restartAfterNanos: [1] }, 'hosts must be a list of hosts, not "all"'],
    ['disk.rot', { path: 'register', sector: -1, key: 1 }, 'sector must be an integer from 0 on, not -1'],
    ['disk.slow', { forNanos: 1, perMille: 1, mostTimes: 0, files: null, key: [1, 2] }, 'mostTimes must be an integer from 1 on, not 0'],
    ['disk.full', {}, 'written must be an integer from 0 on, and there is none'],
    ['clock.drift', { ppm: null, forNanos: 1 }, 'ppm must be an integer, not null'],
    ['clock.step', { byNanos: '1h' }, 'byNanos must be nanoseconds, an integer, not "1h"'],
    ['conn.stall', { forNanos: 1, side: 'left' }, 'side must be one of dialler, acceptor, not "left"'],
    ['code.failpoint', { delayNanos: -1 }, 'delayNanos must be nanoseconds, an integer from 0 on, not -1'],
  ] as const)('of %s are checked before the run begins: %j', async (kind, args, why) => {
    await expect(listed(kind, args as Injection['args'])).rejects.toThrow(
      `the injection ${kind} at replica-1 #1 (100 ns) has arguments of no use, ${JSON.stringify(args)}: ${why}`,
    )
  })

  test('given by hand are checked, too', async () => {
    await using simulation = await simulate(registerStore, { seed: '1', faults: 'none' })
    expect(() => simulation.inject({ kind: 'process.pause', site: 'replica-1', args: { forNanos: 'a while' } })).toThrow(
      'forNanos must be nanoseconds, an integer from 0 on, or null, not "a while"',
    )
  })
})
