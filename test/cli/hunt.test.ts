import { execFile, spawn } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { HuntLock } from '../../cli/hunt-lock.js'
import { huntRequest } from '../../cli/hunt-request.js'
import { main } from '../../cli/main.js'
import { scenarios } from '../../scenarios/index.js'
import { plain } from '../../sim/report/palette.js'
import { example, fixture, freshFolder, seedfall, seedfallHere } from './seedfall.js'

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url))
const lock = [example('lock'), '--first-seed', '1', '--duration', '4s']

// Each test starts programs with threads of their own: a machine that is busy otherwise takes its time.
vi.setConfig({ testTimeout: 180_000 })

/** What does not depend on the machine, nor on where replays are kept. */
function resultOf(json: string): Record<string, unknown> {
  const { rates: _, folder: __, failures: ___, ...result } = JSON.parse(json)
  return JSON.parse(JSON.stringify(result).replace(/"[^"]*(?=failures\/)/g, '"'))
}

describe('a hunt', () => {
  const folder = freshFolder()
  let whole: Awaited<ReturnType<typeof seedfall>>
  beforeAll(async () => {
    whole = await seedfall(['hunt', ...lock, '--seeds', '14', '--jobs', '1', '--trace-hashes', '--json'], folder)
  }, 120_000)

  test('with --json prints one object: seeds, hashes, failures with fingerprint and replay, faults, statistics, rates', () => {
    expect(whole.code).toBe(1)
    const result = JSON.parse(whole.out)
    expect(result).toMatchObject({
      exitCode: 1,
      isComplete: true,
      scenarios: [
        {
          scenario: 'lock',
          seeds: 14,
          ranges: [[1, 14]],
          faults: expect.arrayContaining([expect.objectContaining({ kind: 'process.pause', drawnIn: expect.any(Number), heldBack: 0 })]),
          measurements: { 'operation time': { unit: 'nanos', p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) } },
          statistics: { pauses: { median: expect.any(Number) } },
        },
      ],
      rates: { jobs: 1, seeds: 14 },
    })
    const [scenario] = result.scenarios
    expect(scenario.traceHashes.map(([seed]: [number]) => seed)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1))
    expect(scenario.outcomes.passed + scenario.outcomes.violation).toBe(14)
    expect(result.failures).toHaveLength(1)
    expect(result.failures[0]).toMatchObject({
      outcome: 'violation',
      check: 'history',
      seeds: scenario.outcomes.violation,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
  })

  test("'s replay file is the failing run, event for event", async () => {
    const { replay, commands } = JSON.parse(whole.out).failures[0]
    expect(commands.replay).toBe(`npx seedfall replay ${replay}`)
    const { code, out } = await seedfallHere(['replay', replay], folder)
    expect(out).toContain('the same run, event for event')
    expect(code).toBe(1)
  })

  test('finds the same on three threads as on one', async () => {
    const { out } = await seedfallHere(['hunt', ...lock, '--seeds', '14', '--jobs', '3', '--trace-hashes', '--json'])
    expect(resultOf(out)).toEqual(resultOf(whole.out))
  })

  test('in shards, merged, is the whole hunt', async () => {
    const shards = freshFolder()
    for (const shard of ['2/2', '1/2']) {
      const { code } = await seedfallHere(
        ['hunt', ...lock, '--seeds', '14', '--jobs', '1', '--trace-hashes', '--shard', shard, '--artifacts', `part ${shard[0]}`, '--json'],
        shards,
      )
      expect([0, 1]).toContain(code)
    }
    const merged = await seedfallHere(['merge', 'part 2', 'part 1', '--json', '--out', 'both.json', '--junit', 'both.xml'], shards)
    expect(merged.code).toBe(1)
    expect(resultOf(merged.out)).toEqual(resultOf(whole.out))
    const { replay } = JSON.parse(merged.out).failures[0]
    expect(existsSync(path.join(shards, replay))).toBe(true)
    expect(readFileSync(path.join(shards, 'both.xml'), 'utf8')).toContain('<testsuite name="lock" tests="2" failures="1"')
    const again = await seedfallHere(['merge', 'both.json', 'part 1'], shards)
    expect(again.code).toBe(2)
    expect(again.error).toMatch(/^seedfall: both\.json, part 1: these campaigns overlap: lock, seed 1 is counted twice\n$/)
  })

  test('that was killed goes on where it was, and finds what one that never was killed finds', async () => {
    const words = ['hunt', ...lock, '--seeds', '14', '--jobs', '2', '--trace-hashes', '--json', '--artifacts', 'kept']
    const killed = freshFolder()
    const child = spawn(process.execPath, [bin, ...words], { cwd: killed, stdio: 'ignore' })
    const journal = path.join(killed, 'kept', 'journal.jsonl')
    const lines = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 1 : 0)
    while (lines() < 3 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    const finished = lines()
    expect(finished).toBeLessThan(14)
    // Cut short in the middle of a line, too.
    writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"scenario":0,"se`)
    const { out, code } = await seedfallHere(['hunt', '--resume', 'kept', '--json'], killed)
    expect(code).toBe(1)
    expect(JSON.parse(out).rates.seeds).toBe(14 - finished)
    expect(resultOf(out)).toEqual(resultOf(whole.out))
    expect(existsSync(path.join(killed, JSON.parse(out).failures[0].replay))).toBe(true)
    expect(readdirSync(path.join(killed, 'kept')).sort()).toEqual(['failures', 'hunt.json'])
  })

  test('does not go on with a scenario that is another by now', async () => {
    const folder = freshFolder()
    const file = path.join(folder, 'lock.scenario.ts')
    copyFileSync(example('lock'), file)
    const words = ['hunt', 'lock.scenario.ts', '--first-seed', '7', '--seeds', '2', '--jobs', '1', '--duration', '4s', '--artifacts', 'kept']
    await seedfallHere(words, folder)
    expect((await seedfall(['hunt', '--resume', 'kept'], folder)).code).toBe(0)
    writeFileSync(file, readFileSync(file, 'utf8').replace('ms(200)', 'ms(20)'))
    const { code, error } = await seedfall(['hunt', '--resume', 'kept'], folder)
    expect(error).toMatch(
      /^seedfall: --resume kept cannot go on: lock is another than it was, seed 7 had the trace [0-9a-f]{16} and has [0-9a-f]{16} now; begin /,
    )
    expect(code).toBe(2)
  })

  test('does not go on with a judge that is another by now, though every run is as it was', async () => {
    const folder = freshFolder()
    const file = path.join(folder, 'lock.scenario.ts')
    copyFileSync(example('lock'), file)
    // Seed 1 fails, and seed 2 passes.
    await seedfallHere(['hunt', 'lock.scenario.ts', '--first-seed', '1', '--seeds', '2', '--jobs', '1', '--duration', '4s', '--artifacts', 'kept'], folder)
    const judgeless = "const { workload: clients, ...rest } = lock('lock', false)\nexport default { ...rest, workload: { ...clients, judge: () => undefined } }"
    writeFileSync(file, readFileSync(file, 'utf8').replace("export default lock('lock', false)", judgeless))
    const { code, error } = await seedfall(['hunt', '--resume', 'kept'], folder)
    expect(error).toMatch(/^seedfall: --resume kept cannot go on: lock is another than it was, seed 1 came to 'history' and comes to 'passed' now; begin /)
    expect(code).toBe(2)
  })

  test('with --fail-fast ends at the failure of the lowest seed, whatever else was running', async () => {
    const firstFailing = JSON.parse(whole.out).scenarios[0].failures[0].seeds[0]
    const { code, out } = await seedfallHere(['hunt', ...lock, '--seeds', '14', '--jobs', '3', '--fail-fast', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ isComplete: true, scenarios: [{ ranges: [[1, firstFailing]], failures: [{ count: 1, seeds: [firstFailing] }] }] })
  })
})

describe("a hunt's folder", () => {
  const folder = freshFolder()
  const words = ['hunt', fixture('ticking'), '--first-seed', '1', '--jobs', '1', '--json']
  const found = path.join(folder, '.seedfall/hunt-ticking-1/hunt.json')

  test('is made anew by the very same hunt, once it is complete', async () => {
    expect((await seedfallHere([...words, '--seeds', '2'], folder)).code).toBe(0)
    expect((await seedfallHere([...words, '--seeds', '2'], folder)).code).toBe(0)
  })

  test('keeps what it holds when another hunt would be in it, which is told so in a line', async () => {
    const before = readFileSync(found, 'utf8')
    const { code, error } = await seedfallHere([...words, '--seeds', '3'], folder)
    expect({ code, error }).toEqual({
      code: 2,
      error:
        'seedfall: .seedfall/hunt-ticking-1 holds what another hunt found, which was asked for other seeds, runs or faults: choose another with --artifacts DIR, or remove it\n',
    })
    expect(readFileSync(found, 'utf8')).toBe(before)
  })

  test('keeps what an interrupted hunt found, and says how it goes on', async () => {
    writeFileSync(found, readFileSync(found, 'utf8').replace('"isComplete": true', '"isComplete": false'))
    const { code, error } = await seedfallHere([...words, '--seeds', '2'], folder)
    expect(code).toBe(2)
    expect(error).toContain('holds a hunt that was interrupted: go on with it by --resume .seedfall/hunt-ticking-1, or choose another with --artifacts DIR')
    expect((await seedfallHere(['hunt', '--resume', '.seedfall/hunt-ticking-1', '--json'], folder)).code).toBe(0)
  })
})

describe('a hunt for people', () => {
  test('says what it does, what it found and how to make it again, and annotates a workflow of GitHub', async () => {
    const folder = freshFolder()
    const { code, out, error } = await seedfall(['hunt', ...lock, '--seeds', '3', '--jobs', '2', '--no-fault', 'net.delay'], folder, undefined, {
      GITHUB_ACTIONS: 'true',
    })
    expect(code).toBe(1)
    expect(out).toMatch(/^hunt {2}lock 4 s no net\.delay\n {2}seeds 1 to 3, on 2 threads; kept in \.seedfall\/hunt-lock-1\n/)
    expect(out).toMatch(/✗ \d failed {2}lock {2}3 seeds: 1 to 3\n/)
    expect(out).toMatch(/outcomes {2}.*\d violation/)
    expect(out).toMatch(/again +npx seedfall run \S+lock\.scenario\.ts --seed \d --no-fault net\.delay --duration 4s\n/)
    expect(out).toMatch(/replay +npx seedfall replay \.seedfall\/hunt-lock-1\/failures\/lock-[0-9a-f]{16}\.json\n/)
    expect(out).toMatch(/process\.pause +\d/)
    expect(out).toMatch(/operation time +[\d,]+ +\S+ m?s +\S+ m?s +\S+ m?s {2}.*█/)
    expect(out).toMatch(/2 threads, .* seeds\/s, .* steps\/s/)
    const annotation = /::error file=\S+lock\.scenario\.ts,title=lock%3A violation%3A history%2C seed \d::.*%0Areplay: npx seedfall replay /
    expect(out).toMatch(annotation)
    expect(error).toMatch(/✗ violation {2}lock {2}seed \d {2}history: /)
    const words = ['merge', '.seedfall/hunt-lock-1', '--json']
    const merged = await seedfall(words, folder, undefined, { GITHUB_ACTIONS: 'true' })
    expect(merged.error).toMatch(annotation)
    expect(JSON.parse(merged.out)).toMatchObject({ exitCode: 1 })
    expect((await seedfallHere([...words, '--out', '.'], folder)).error).toBe('seedfall: . cannot be written: it is a folder; name a file\n')
  })

  test('runs Seedfall’s own scenarios by name, and says that runs are short', async () => {
    const { code, out } = await seedfallHere(['hunt', 'broker', 'raft', '--seeds', '1', '--first-seed', '8', '--jobs', '1'])
    expect(code).toBe(0)
    expect(out).toMatch(/^hunt {2}broker 10 s, raft 10 s\n/)
    expect(out).toContain('runs of broker end after 10 s, not 60 s: many short runs find more than few long ones (--duration full)')
    expect(out).toMatch(/✓ all passed {2}raft {2}1 seed: 8\n/)
    for (const name of ['election time', 'commit latency', 'recovery time', 'operation time']) expect(out).toMatch(new RegExp(`${name} +[\\d,]+ +\\S+ [mu]?s`))
    expect(out).toMatch(/% fell between two effects of a step/)
    expect(out).toMatch(/unarmed {2}.*\n.*disk\.rot, .*\(corruptCopies\)/)
  })

  test('takes all of them by one word', async () => {
    const { asked } = await huntRequest(['all'], { fault: [], seedTimeout: 1e9 }, freshFolder())
    expect(asked.scenarios.map(({ scenario }) => scenario)).toEqual(scenarios.map(({ name }) => name))
  })

  test('interrupted by Ctrl-C tells what was found, how to go on, and exits with 130', async () => {
    const { code, out } = await seedfall(['hunt', ...lock, '--time', '10m', '--jobs', '2'], freshFolder(), 'kept in')
    expect(code).toBe(130)
    expect(out).toMatch(/lock {2}[\d,]+ seeds?/)
    expect(out).toMatch(/✗ interrupted: npx seedfall hunt --resume \.seedfall\/hunt-lock-1 goes on/)
  })

  test('fails on a property that no run met only when it is asked to, in JUnit too', async () => {
    const folder = freshFolder()
    const words = ['hunt', fixture('never-met'), '--seeds', '2', '--first-seed', '1', '--jobs', '1']
    const tolerant = await seedfallHere(words, folder)
    expect(tolerant.code).toBe(0)
    // With the place that states it.
    expect(tolerant.out).toMatch(/'a seven' \(sometimes, \S+never-met\.scenario\.ts:5\): asked 2 times\s+and never true in 2 runs/)
    expect(tolerant.out).toContain("'an eight' (reachable): never reached in 2 runs")
    const strict = await seedfallHere([...words, '--require-sometimes', '--junit', 'reports/hunt.xml'], folder)
    expect(strict.code).toBe(1)
    expect(strict.out).toContain("✗ never-met: 'a seven' (sometimes) was met by no run")
    const junit = readFileSync(path.join(folder, 'reports/hunt.xml'), 'utf8')
    expect(junit).toContain('<testcase classname="never-met" name="2 of 2 seeds pass"/>')
    expect(junit).toContain(`<failure type="shortcoming" message="'an eight' (reachable) was met by no run">`)
  })
})

describe('a hunt that shrinks', () => {
  test('writes the least run beside each failure that it kept, and tells its story; --json keeps to one object', async () => {
    const folder = freshFolder()
    const words = ['hunt', ...lock, '--seeds', '1', '--jobs', '1', '--artifacts', 'found', '--shrink', '5s']
    const told = await seedfallHere(words, folder)
    expect(told.code).toBe(1)
    expect(told.out).toMatch(/✓ shrunk +lock +seed 1[\s\S]*1\. At /)
    const [shrunk] = readdirSync(path.join(folder, 'found/failures')).filter((name) => name.endsWith('.shrunk.json'))
    expect(told.out).toContain(`npx seedfall replay found/failures/${shrunk}`)
    const machine = await seedfallHere([...words.slice(0, -3), 'found-again', '--shrink', '5s', '--json'], folder)
    expect(JSON.parse(machine.out).failures).toHaveLength(1)
    expect(machine.error).toContain('✓ shrunk')
  })
})

describe('a long hunt', () => {
  test('keeps nothing of seeds that passed: 10,000 fit in a heap that a few kilobytes of each would fill', async () => {
    const folder = freshFolder()
    const { code, out } = await seedfall(
      ['hunt', fixture('ticking'), '--seeds', '10000', '--first-seed', '1', '--jobs', '1', '--memory', '40', '--json'],
      folder,
      undefined,
      { NODE_OPTIONS: '--max-old-space-size=64' },
    )
    expect(code).toBe(0)
    expect(JSON.parse(out).scenarios[0]).toMatchObject({ ranges: [[1, 10_000]], outcomes: { passed: 10_000 }, statistics: { ones: { total: 10_000 } } })
    expect(statSync(path.join(folder, '.seedfall/hunt-ticking-1/hunt.json')).size).toBeLessThan(50_000)
  }, 120_000)

  test('with --time begins seeds until the time is over, and is complete', async () => {
    const { code, out } = await seedfallHere(['hunt', fixture('ticking'), '--time', '300ms', '--first-seed', '7', '--jobs', '2', '--json'])
    expect(code).toBe(0)
    const { isComplete, scenarios } = JSON.parse(out)
    expect(isComplete).toBe(true)
    expect(scenarios[0].ranges).toEqual([[7, 6 + scenarios[0].seeds]])
  })
})

describe('a job of a hunt is a core', () => {
  test('what its thread runs hot is compiled, and what it makes young is collected, on that thread', async () => {
    const words = ['hunt', 'broker', '--seeds', '4', '--first-seed', '1', '--duration', '5s', '--jobs', '1', '--artifacts', freshFolder()]
    const { stdout } = await promisify(execFile)(process.execPath, ['--trace-opt', '--trace-gc', '--trace-gc-nvp', bin, ...words], { maxBuffer: 1 << 26 })
    // Threads are started once the hunt has said what it runs; those from before are older than the setting.
    const lines = stdout.slice(stdout.indexOf('hunt  broker')).split('\n')
    const compiled = lines.filter((line) => /compiling method .*JSFunction (stepEnded|onMessage|pop) .*ConcurrencyMode::/.test(line))
    expect(compiled.length).toBeGreaterThan(2)
    expect(compiled.filter((line) => !line.includes('ConcurrencyMode::kSynchronous'))).toEqual([])
    const collected = lines.filter((line) => /\bgc=s\b.*\bbackground\.scavenge\.parallel=/.test(line))
    expect(collected.length).toBeGreaterThan(2)
    expect(collected.filter((line) => !line.includes('background.scavenge.parallel=0.00'))).toEqual([])
  })
})

describe('a hunt whose seeds take their worker with them', () => {
  test('names those that loop for ever, fill the memory or end the program, and goes on', async () => {
    const { code, out, error } = await seedfallHere([
      'hunt',
      fixture('treacherous'),
      '--first-seed',
      '1',
      '--seeds',
      '100',
      '--jobs',
      '2',
      '--seed-timeout',
      '10s',
      '--memory',
      '100',
      '--json',
    ])
    expect(code, error).toBe(1)
    const result = JSON.parse(out)
    expect(result.isComplete).toBe(true)
    expect(result.scenarios[0].outcomes).toEqual({ died: 3, hung: 1, passed: 94, violation: 2 })
    const seedsOf = (check: string) => result.scenarios[0].failures.find((failure: { check: string }) => failure.check === check)?.seeds
    expect(seedsOf('no sign of life')).toEqual([44])
    expect(seedsOf('out of memory')).toEqual([9, 19])
    expect(seedsOf('process.exit')).toEqual([92])
    expect(seedsOf('no three is drawn')).toEqual([42, 58])
    expect(result.failures.find(({ check }: { check: string }) => check === 'no sign of life')).toMatchObject({
      replay: null,
      commands: { again: expect.stringContaining('--seed 44') },
    })
  }, 120_000)

  test('says of a judge that throws that it did, as often as it did', async () => {
    const { code, out } = await seedfallHere(['hunt', fixture('judge-throws'), '--seeds', '2', '--first-seed', '1', '--jobs', '1', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out).failures).toEqual([expect.objectContaining({ outcome: 'threw', seeds: 2, seed: 1, replay: null })])
  })
})

describe('a hunt that cannot be is refused in one line', () => {
  async function refusal(...words: string[]): Promise<string> {
    const errors: string[] = []
    const terminal = { out: () => {}, error: (text: string) => void errors.push(text), paint: plain, width: 80, folder: freshFolder(), program: 'npx seedfall' }
    expect(await main(['hunt', ...words], terminal)).toBe(2)
    expect(errors).toHaveLength(1)
    return errors[0] as string
  }

  const inUse = (): string => {
    const folder = freshFolder()
    HuntLock.take(path.join(folder, 'hunt.lock'))
    return folder
  }

  test.each([
    ['contradictions', ['--seeds', '3', '--time', '1m'], '--seeds and --time contradict each other: leave out one of them'],
    ['contradictions', ['--fail-fast', '--keep-going'], '--fail-fast and --keep-going contradict each other: leave out one of them'],
    ['a number that is none', ['--seeds', 'two'], "--seeds 'two' is not a number: write an integer from 1 on"],
    [
      'memory in which no scenario can be loaded',
      ['--memory', '1', '--seeds', '1', '--artifacts', freshFolder()],
      'no thread can load broker: its worker ran out of memory (1 MB; --memory)',
    ],
    ['a part that is none', ['--shard', '3/2', '--first-seed', '1'], "--shard '3/2' is not a part: write which one and of how many, like 2/3"],
    ['parts without a common seed', ['--shard', '1/2'], '--shard needs --first-seed: every part must count from the same seed'],
    ['seeds beyond exact numbers', ['--first-seed', '9007199254740990', '--seeds', '3'], '--first-seed 9007199254740990 is too great'],
    ['an unknown scenario', ['brker'], "there is no scenario 'brker': did you mean broker?"],
    ['one twice', [example('lock'), example('lock').replace('/examples/', '/examples/./')], 'the scenario lock is given twice'],
    ['an unknown kind of fault', ['--faults', 'net.dorp'], 'did you mean net.drop?'],
    ['a kind that cannot be', ['--faults', 'disk.wipe'], 'disk.wipe is not survived by broker'],
    ['a folder that cannot be made', ['--artifacts', `${example('lock')}/kept`], 'say with --artifacts where a hunt may keep what it finds'],
    ['a folder that another hunt is in', ['--artifacts', inUse()], `the hunt of process ${process.pid} runs in it; choose another with --artifacts`],
    ['a JUnit file that cannot be written', [fixture('ticking'), '--junit', '.'], '. cannot be written: it is a folder; name a file'],
    ['a folder that is no hunt', ['--resume', 'nowhere'], 'nowhere is not the directory of a hunt: there is no hunt.json in it'],
    [
      'another hunt than the resumed one',
      ['--resume', 'nowhere', '--first-seed', '3'],
      '--resume nowhere goes on with what that hunt was asked for: leave out --first-seed',
    ],
  ])('%s', async (_, words, line) => {
    expect(await refusal(...words)).toContain(line)
  })
})
