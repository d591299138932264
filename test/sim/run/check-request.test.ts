import { describe, expect, test } from 'vitest'
import { headerOf, Misuse, ms, type RunRequest, run, s, scenario, simulate, system, workload } from '../../../sim/index.js'

const sound = scenario({
  name: 'sound',
  system: system<{ server: null }>({ name: 'sound', roles: { server: { count: 2, boot: () => null } }, survives: { down: 1 } }),
  workload: workload<null, null>({ clients: 1, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'none' },
  duration: ms(100),
  healAt: ms(50),
})

const { system: soundSystem, workload: soundWorkload } = sound

describe('a scenario of a wrong shape is refused, by its name, the field and what it must be', () => {
  test.each<readonly [object, string]>([
    [{ name: '' }, 'a scenario: name must be a text'],
    [{ system: undefined }, 'scenario sound: system must be what system({ … }) gives, not nothing'],
    [{ system: { ...soundSystem, roles: {} } }, 'system.roles must be at least one role, by its name, not {}'],
    [
      { system: { ...soundSystem, roles: { server: { count: 0, boot: () => null } } } },
      'system.roles.server.count must be a number of hosts, from 1 on, not 0',
    ],
    [{ system: { ...soundSystem, roles: { server: { count: 1 } } } }, 'system.roles.server.boot must be a function, not nothing'],
    [{ system: { ...soundSystem, survives: { down: 'one' } } }, "system.survives.down must be a number from 0 on, not 'one'"],
    [{ system: { ...soundSystem, targets: { leader: 'server-1' } } }, 'system.targets must be functions by their names, not { leader }'],
    [{ workload: { ...soundWorkload, clients: -1 } }, 'workload.clients must be a number of clients, from 0 on, not -1'],
    [{ workload: { ...soundWorkload, judge: 3 } }, 'workload.judge must be a function of the history'],
    [{ invariants: [{ name: 'x' }] }, 'invariants[0] must be what invariant(…) gives, not { name }'],
    [{ invariants: undefined }, 'invariants must be a list, each what invariant(…) gives, not nothing'],
    [{ recovery: 3 }, 'recovery must be a list, each { name, within, begin }, not 3'],
    [{ faults: { strategy: 'bogus' } }, "faults.strategy must be one of random, targeted, burst, rolling, pct, none, not 'bogus'"],
    [{ options: { z: { min: 0, max: 0, log: true } } }, 'options.z is drawn by its logarithm'],
    [{ duration: 1.5 }, 'duration must be a duration above zero, such as s(60), not 1.5'],
    [{ healAt: s(1) }, 'healAt must be a time within the duration'],
    [{ network: { profile: { min: 5, max: 1 } } }, "network: a network's delays are integers of nanoseconds with 0 <= min <= max, not 5 to 1"],
    [{ ambient: 'loud' }, "ambient must be one of trap, virtual, off, not 'loud'"],
  ])('%#: %j', async (more, says) => {
    const bent = { ...sound, ...more } as typeof sound
    for (const attempt of [() => run({ scenario: bent, seed: '1' }), () => simulate(bent)]) {
      const error = await attempt().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(Misuse)
      expect((error as Error).message).toContain(says)
    }
  })

  test('and so is what is none at all', async () => {
    await expect(run({ scenario: undefined as never, seed: '1' })).rejects.toThrow('a scenario is what scenario({ … }) gives, not nothing')
    await expect(simulate({} as never)).rejects.toThrow('a scenario: name must be a text, not nothing')
  })
})

describe('a request that no run can be is refused', () => {
  test.each<readonly [Record<string, unknown>, string]>([
    [{ seed: 7 }, "a seed is a text, such as '7', not 7"],
    [{ seed: '' }, "a seed is a text, such as '7', not an empty one"],
    [{ seed: undefined }, "a seed is a text, such as '7', not nothing"],
    [{ strategy: 'bogus' }, "there is no strategy 'bogus': there are random, targeted"],
    [{ duration: -5 }, "a run's duration is an integer of nanoseconds above zero, not -5"],
    [{ duration: 1.5 }, "a run's duration is an integer of nanoseconds above zero, not 1.5"],
    [{ untilStep: 0 }, "untilStep is a step's number, from 1 on, not 0"],
    [{ breakAtStep: 1.5 }, "breakAtStep is a step's number, from 1 on, not 1.5"],
    [{ options: { thinkMicros: 'long' } }, "option 'thinkMicros' is a number, not 'long'"],
    [{ limits: { steps: -1 } }, 'limits.steps is a number above zero, not -1'],
  ])('%#: %j', async (more, says) => {
    const request = { scenario: sound, seed: '1', ...more } as RunRequest
    expect(() => headerOf(request)).toThrow(Misuse)
    expect(() => headerOf(request)).toThrow(says)
    await expect(run(request)).rejects.toThrow(says)
  })

  test("simulate's own options as well", async () => {
    await expect(simulate(sound, { seed: 7 as never })).rejects.toThrow("a seed is a text, such as '7', not 7")
    await expect(simulate(sound, { faults: 'bogus' as never })).rejects.toThrow("simulate: faults is 'none' or not given, not 'bogus'")
    await expect(simulate(sound, { faults: 'none', strategy: 'burst' })).rejects.toThrow(/faults: 'none' and strategy: 'burst' contradict/)
  })
})
