import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { replayVersion } from '../../sim/run/replay.js'
import { repository } from '../../tools/repository.js'
import { example, fixture, freshFolder, seedfall, seedfallHere } from './seedfall.js'

describe('a run that passes', () => {
  test('says its seed, its options and one block of result, and exits with 0', async () => {
    const folder = freshFolder()
    const { code, out, error } = await seedfall(['run', fixture('steady'), '--seed', '7'], folder)
    expect(error).toBe('')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^steady {2}seed 7 {2}2 s of virtual time {2}1 host\n {2}faults {4}none\n {2}options {3}.*\n✓ passed {2}steady {2}seed 7\n {2}ran .*\n$/,
    )
    expect(existsSync(path.join(folder, '.seedfall'))).toBe(false)
  })

  test('knows a scenario by the name that it has elsewhere, and says its own', async () => {
    const { code, out } = await seedfallHere(['raft-storm', '--seed', '1', '--duration', '1s', '--json'])
    expect([code, JSON.parse(out).scenario]).toEqual([0, 'raft'])
  })

  test('draws a seed when none is given, prints it first, and the seed makes the run again', async () => {
    const first = await seedfallHere(['run', example('store-fixed'), '--duration', '1s'])
    const seed = /^seed (\d+) \(drawn/.exec(first.out)?.[1]
    expect(seed, first.out).toBeDefined()
    const second = await seedfallHere(['run', example('store-fixed'), '--duration', '1s', '--seed', seed!])
    const trace = /trace ([0-9a-f]{16})/
    expect(trace.exec(second.out)?.[1]).toBe(trace.exec(first.out)?.[1])
  })

  test.each([['run'], ['shrink'], ['why']])('--json of %s leaves standard output to the object, whatever the scenario prints', async (command) => {
    const { out, error } = await seedfall([command, fixture('chatty'), '--seed', '1', '--json'])
    expect(error).toContain('a word of its own')
    expect(out).not.toContain('a word of its own')
    if (command === 'run') expect(JSON.parse(out)).toMatchObject({ scenario: 'chatty', outcome: 'passed' })
  })

  test('--json prints one object and nothing else', async () => {
    const { out, code } = await seedfallHere(['run', example('store-fixed'), '--seed', '3', '--duration', '2s', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      scenario: 'store-fixed',
      seed: '3',
      outcome: 'passed',
      exitCode: 0,
      steps: expect.any(Number),
      virtualNanos: expect.any(Number),
      traceHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      injections: expect.any(Object),
      armedButIdle: expect.any(Array),
      statistics: expect.any(Object),
      properties: [],
    })
  })

  test('without faults, none acts', async () => {
    const { out } = await seedfallHere(['run', example('store-fixed'), '--seed', '3', '--duration', '2s', '--faults', 'none', '--json'])
    expect(JSON.parse(out)).toMatchObject({ outcome: 'passed', injections: {}, armedButIdle: [] })
  })

  test('--strategy is another than the scenario has, and part of the command that makes the run again', async () => {
    const { out } = await seedfallHere(['run', example('store'), '--seed', '1', '--strategy', 'rolling'])
    expect(out).toMatch(/faults +rolling:/)
    expect(out).toContain('--strategy rolling')
  })

  test('--faults arms these kinds, --no-fault all but those', async () => {
    const faults = async (...words: string[]) =>
      /faults {4}(.*)/.exec((await seedfallHere(['run', example('store'), '--seed', '5', '--until', '1', ...words])).out)?.[1]
    expect(await faults('--faults', 'net.delay,process.crash')).toBe('random:  net.delay  process.crash')
    expect(await faults('--faults', 'disk', '--no-fault', 'disk.full')).not.toContain('disk.full')
    expect(await faults('--faults', 'net.delay', '--strategy', 'pct')).toBe('pct:  net.delay  net.priority')
    expect(await faults('--no-fault', 'net', '--no-fault', 'disk')).not.toMatch(/net\.|disk\./)
  })
})

describe('a run that fails', () => {
  test('says what broke and when, shows hosts, injections and commands, and its replay is the same run', async () => {
    const folder = freshFolder()
    const { code, out } = await seedfall(['run', example('lock'), '--seed', '1'], folder)
    expect(code).toBe(1)
    expect(out).toMatch(
      /✗ violation {2}lock {2}seed 1 {2}history {2}step [\d,]+ at \d+\.\d{6} s\n {2}client-\d counted what another client did: an increment is lost/,
    )
    expect(out).toMatch(/step +at +lock-1 +counter-1 +worker-1/)
    expect(out).toMatch(/injected {2}\d+ fault/)
    expect(out).toContain('replay    npx seedfall replay .seedfall/lock-1.json')
    expect(out).toContain(`again     npx seedfall run ${example('lock')} --seed 1`)
    const replayed = await seedfallHere(['replay', '.seedfall/lock-1.json'], folder)
    expect(replayed.code).toBe(1)
    expect(replayed.out).toContain('the same run, event for event')
    expect(replayed.out).toContain('an increment is lost')
  })

  test('--json carries the violation and the replay file', async () => {
    const folder = freshFolder()
    const { code, out } = await seedfallHere(['run', example('lock'), '--seed', '1', '--json'], folder)
    expect(code).toBe(1)
    const report = JSON.parse(out)
    expect(report).toMatchObject({
      outcome: 'violation',
      exitCode: 1,
      violation: { check: 'history', step: expect.any(Number), at: expect.any(Number) },
      replay: '.seedfall/lock-1.json',
    })
    expect(JSON.parse(readFileSync(path.join(folder, report.replay), 'utf8'))).toMatchObject({ format: 'seedfall-replay', version: replayVersion, seed: '1' })
  })

  test('a process that throws is crashed: exit 4, with the place in its own source', async () => {
    const { code, out } = await seedfallHere(['run', fixture('crashing'), '--seed', '1'])
    expect(code).toBe(4)
    expect(out).toContain('✗ crashed')
    expect(out).toMatch(/SyntaxError {2}on server-1/)
    expect(out).toMatch(/crashing\.scenario\.ts:8/)
  })

  test('an operation that never ends is stalled: exit 3', async () => {
    const { code, out } = await seedfallHere(['run', fixture('stalling'), '--seed', '1'])
    expect(code).toBe(3)
    expect(out).toContain('✗ stalled')
  })
})

describe('what else can end a run', () => {
  test('what is found stands when its replay cannot be written: exit 1, and the seed makes the run again', async () => {
    const folder = freshFolder()
    writeFileSync(path.join(folder, '.seedfall'), 'in the way')
    const { code, out, error } = await seedfallHere(['run', example('lock'), '--seed', '1'], folder)
    expect(error).toMatch(/^seedfall: \.seedfall\/lock-1\.json cannot be written: .*\n$/)
    expect(out).toContain('✗ violation  lock  seed 1')
    expect(out).toContain(`again     npx seedfall run ${example('lock')} --seed 1`)
    expect(out).not.toContain('replay    ')
    expect(code).toBe(1)
  })

  test('a run whose queue only grows is a runaway: exit 6', async () => {
    const { code, out } = await seedfall(['run', fixture('hoarding'), '--seed', '1', '--json'])
    expect(JSON.parse(out)).toMatchObject({ outcome: 'runaway', exitCode: 6 })
    expect(code).toBe(6)
  })

  test('a defect of the program itself says so: exit 70', async () => {
    const { code, error } = await seedfall(['run', fixture('uncaught'), '--seed', '1'])
    expect(error).toMatch(/^seedfall: a defect of Seedfall itself, please report it with this text:\nError: the floor gives way\n/)
    expect(code).toBe(70)
  })

  test('--version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as { version: string }
    expect(await seedfall(['--version'])).toEqual({ code: 0, out: `${version}\n`, error: '' })
  })
})

describe('looking into a run', () => {
  test("--until stops there and prints the hosts' states", async () => {
    const { code, out } = await seedfallHere(['run', example('store'), '--seed', '5', '--until', '500'])
    expect(code).toBe(0)
    expect(out).toContain('ran       500 steps')
    expect(out).toMatch(/^replica-1 {2}up {2}incarnation 1$/m)
    expect(out).toContain('waits for')
  })

  test('a step beyond the end is said to be never reached, and so is a debugger that is not there', async () => {
    const until = await seedfallHere(['run', fixture('steady'), '--seed', '1', '--until', '9000000'])
    expect(until.error).toMatch(/^seedfall: step 9000000 was never reached: the run ended after \d+ steps\n$/)
    const breaking = await seedfallHere(['run', fixture('steady'), '--seed', '1', '--break-at', '5'])
    expect(breaking.error).toMatch(/^seedfall: no debugger is attached: run node --inspect-brk .* with the same words\n$/)
  })

  test('--until with --json has processes as objects, and a stopped run has no idle kinds', async () => {
    const { out } = await seedfallHere(['run', example('store'), '--seed', '5', '--until', '500', '--json'])
    const { hosts } = JSON.parse(out) as { hosts: { name: string; process: unknown }[] }
    expect(hosts.find(({ name }) => name === 'replica-1')?.process).toBeTypeOf('object')
    expect((await seedfallHere(['run', example('store'), '--seed', '5', '--until', '500'])).out).not.toContain('armed, and never acted')
  })

  test('--trace prints every step with its cause and the running hash', async () => {
    const { out } = await seedfallHere(['run', example('store'), '--seed', '5', '--until', '20', '--trace'])
    const steps = out.split('\n').filter((line) => /<- \d+ {2}[0-9a-f]{16}$/.test(line))
    expect(steps).toHaveLength(20)
  })

  test('--trace-file writes the same steps as JSON lines, and leaves the run as it is', async () => {
    const folder = freshFolder()
    const traced = await seedfallHere(['run', example('store'), '--seed', '5', '--until', '300', '--trace-file', 'trace.jsonl', '--json'], folder)
    const untraced = await seedfallHere(['run', example('store'), '--seed', '5', '--until', '300', '--json'], folder)
    expect(JSON.parse(traced.out).traceHash).toBe(JSON.parse(untraced.out).traceHash)
    const lines = readFileSync(path.join(folder, 'trace.jsonl'), 'utf8').trimEnd().split('\n')
    const steps = lines.map((line) => JSON.parse(line)).filter(({ note }) => !note)
    expect(steps).toHaveLength(300)
    expect(steps.at(-1)).toMatchObject({ number: 300, hash: JSON.parse(traced.out).traceHash })
  })

  test('Ctrl-C ends the run cleanly with 130 and keeps what was found', async () => {
    const folder = freshFolder()
    const { code, out, error } = await seedfall(['run', fixture('steady'), '--seed', '1', '--duration', '24h', '--trace-file', 'trace.jsonl'], folder, 'steady')
    expect(error).toBe('')
    expect(code).toBe(130)
    expect(out).toMatch(/✗ interrupted {2}steady {2}seed 1\n {2}ran {7}[\d,]+ steps/)
    expect(JSON.parse(readFileSync(path.join(folder, 'trace.jsonl'), 'utf8').trimEnd().split('\n').at(-1)!)).toMatchObject({ hash: expect.any(String) })
  })
})
