import { describe, expect, test } from 'vitest'
import { killTalkers } from '../../examples/kill-talkers.fault.js'
import talkers from '../../examples/talkers.scenario.js'
import { type FaultDefinition, headerOf, Misuse, ms, run, s, simulate } from '../../sim/index.js'
import { formatReplay, parseReplay, replayVersion, requestOf } from '../../sim/run/replay.js'
import { actsAndReplays } from '../sim/faults/kind-harness.js'

describe('a fault kind of a scenario of its own', () => {
  test('acts within the budget, and the list replays it', async () => {
    const { seeded } = await actsAndReplays(killTalkers.kind, { scenario: talkers, duration: s(10) })
    expect(seeded.statistics.talkersKilled).toBe(seeded.injections.length)
    // The gateway talks with everybody.
    for (const { site } of seeded.injections) expect(site).toMatch(/^replica-\d\+gateway-1$/)
  })

  test('takes part in the swarm, beside the stock kinds, with options of its own', () => {
    const headers = Array.from({ length: 40 }, (_, seed) => headerOf({ scenario: talkers, seed: String(seed) }))
    const armed = headers.filter((header) => header.armed.includes(killTalkers.kind))
    expect(armed.length).toBeGreaterThan(20)
    expect(armed.length).toBeLessThan(40)
    for (const { options } of armed) expect(options['own.kill-talkers.restartMillis']).toBeGreaterThanOrEqual(50)
  })

  test('does not change what the swarm draws for the others', () => {
    const kinds = talkers.faults.kinds!.filter((kind) => kind !== killTalkers.kind)
    const without = { ...talkers, faults: { strategy: 'random' as const, kinds } }
    for (let seed = 0; seed < 10; seed++) {
      const { options, armed } = headerOf({ scenario: talkers, seed: String(seed) })
      const plain = headerOf({ scenario: without, seed: String(seed) })
      expect(armed.filter((kind) => kind !== killTalkers.kind)).toEqual(plain.armed)
      expect(options).toMatchObject(plain.options)
    }
  })

  test('is known to runs in the hand', async () => {
    const simulation = await simulate(talkers, { seed: '1', faults: 'none' })
    await simulation.advance(ms(100))
    simulation.inject({ kind: killTalkers.kind, site: 'replica-2+gateway-1', args: { restartAfterNanos: [null, null] } })
    expect(simulation.world.all.filter(({ status }) => status === 'down').map(({ name }) => name)).toEqual(['replica-2', 'gateway-1'])
  })

  test('is in replays, which only a scenario with the kind can run', async () => {
    const seeded = await run({ scenario: talkers, seed: '4', kinds: [killTalkers.kind], duration: s(5) })
    const { outcome, steps, traceHash, options, injections } = seeded
    const found = { outcome, steps, traceHash }
    const replay = {
      format: 'seedfall-replay',
      version: replayVersion,
      scenario: 'talkers',
      seed: '4',
      strategy: 'random',
      durationNanos: s(5),
      options,
      injections,
      found,
    } as const
    const parsed = parseReplay(formatReplay(replay as never))
    expect((await run(requestOf(parsed, talkers))).traceHash).toBe(traceHash)
    const { custom: _, ...stock } = talkers.faults
    expect(() => requestOf(parsed, { ...talkers, faults: stock })).toThrow("names the fault kind 'own.kill-talkers', which scenario talkers does not have")
  })

  test.each<[string, Partial<FaultDefinition>]>([
    ["fault kind 'Quake': a name is a family and a name in lower case, like net.drop", { kind: 'Quake' }],
    ["fault kind 'net.drop': there are two of this name", { kind: 'net.drop' }],
    ["fault kind 'own.kill-talkers': its meaning must be said in a line", { meaning: '' }],
    ["fault kind 'own.kill-talkers': a kind that is drawn needs the option 'everyMillis', the mean time between two", { options: {} }],
    [
      "fault kind 'own.kill-talkers': option 'everyMillis' is drawn from integers with 0 <= min <= max, not from 3 to 2",
      { options: { everyMillis: { min: 3, max: 2 } } },
    ],
  ])('%s', (message, change) => {
    const definition = { ...killTalkers, ...change }
    const broken = { ...talkers, faults: { ...talkers.faults, kinds: undefined, custom: [definition] } }
    expect(() => headerOf({ scenario: broken as never, seed: '1' })).toThrow(new Misuse(`scenario talkers: faults.custom: ${message}`))
  })

  test('a draw without a site is named', async () => {
    const blind: FaultDefinition = { ...killTalkers, kind: 'own.blind', apply: () => false }
    const definition = { ...talkers, faults: { strategy: 'random' as const, custom: [blind] } }
    const report = await run({ scenario: definition, seed: '1', kinds: ['own.blind'], options: { 'own.blind.everyMillis': 100 }, duration: s(5) })
    expect([report.outcome, report.violation?.message]).toEqual(['crashed', expect.stringContaining('fault kind own.blind was drawn for')])
  })
})
