import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { example, fixture, freshFolder, seedfall, seedfallHere } from './seedfall.js'

const folder = freshFolder()
const fixtures = path.dirname(fixture('steady'))
const replay = () =>
  JSON.parse(readFileSync(path.join(folder, '.seedfall/lock-1.json'), 'utf8')) as Record<string, unknown> & { injections: { site: string }[] }
const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)

beforeAll(async () => {
  await seedfall(['run', example('lock'), '--seed', '1', '--json'], folder)
  mkdirSync(path.join(folder, 'a-folder.scenario.ts'))
  write('cut.json', readFileSync(path.join(folder, '.seedfall/lock-1.json'), 'utf8').slice(0, 200))
  write('other.json', '{"name": "something else"}')
  write('older.json', JSON.stringify({ ...replay(), version: 0 }))
  write('newer.json', JSON.stringify({ ...replay(), version: 99 }))
  write('broken.json', JSON.stringify({ ...replay(), seed: 7 }))
  write('noseed.json', JSON.stringify({ ...replay(), seed: undefined }))
  write('no-time.json', JSON.stringify({ ...replay(), durationNanos: 0 }))
  const partition = { kind: 'net.partition', site: 'lock-1', ordinal: 1, at: 1 }
  write('no-args.json', JSON.stringify({ ...replay(), injections: [{ ...partition, args: {} }] }))
  write('no-length.json', JSON.stringify({ ...replay(), injections: [{ ...partition, args: { shape: 'split', groups: [], forNanos: 'long' } }] }))
  write('unknown-kind.json', JSON.stringify({ ...replay(), injections: [{ kind: 'net.melt', site: 'a', ordinal: 1, at: 1, args: {} }] }))
  const links = "{ network: { profile: 'lan', overrides: { 'nobody>*': 'wan' } } }"
  for (const [name, more] of [...Object.entries(bent).map(([name, [more]]) => [name, more]), ['links', links]]) {
    const text = `import { ambientScenario } from '${fixtures}/ambient.ts'\n\nconst sound = ambientScenario('bent', () => 7)\n\nexport default Object.assign(sound, ${more})\n`
    write(`${name}.scenario.ts`, text)
  }
  write('syntax.scenario.ts', 'export const a =\n')
  write('imports-it.scenario.ts', "import './syntax.scenario.js'\n")
  write('renamed.json', JSON.stringify({ ...replay(), scenario: 'key' }))
  write('moved.json', JSON.stringify({ ...replay(), file: 'gone.scenario.ts' }))
}, 30_000)

/** Scenario files that are wrong in one place, by what is put over a sound one, and what is said of it. */
const bent: Readonly<Record<string, readonly [more: string, says: string]>> = {
  judge: ['{ workload: { ...sound.workload, judge: 3 } }', "workload.judge must be a function of the history, such as linearizable('register'), not 3"],
  strategy: ["{ faults: { strategy: 'bogus' } }", "faults.strategy must be one of random, targeted, burst, rolling, pct, none, not 'bogus'"],
  kind: ["{ faults: { strategy: 'random', kinds: ['net.dorp'] } }", "faults.kinds: there is no fault kind 'net.dorp'; did you mean net.drop?"],
  eventually: [
    "{ eventually: [{ name: 'peace', within: 5 }] }",
    'eventually[0] must be { name, within, holds } or { name, within, ask }, not { name, within }',
  ],
  recovery: ['{ recovery: 3 }', 'recovery must be a list, each { name, within, begin }, not 3'],
  option: ['{ options: { z: 3 } }', 'options.z must be a range such as { min: 1, max: 5 }, not 3'],
  range: ['{ options: { z: { min: 5, max: 1 } } }', 'options.z is drawn from integers with min <= max, not from 5 to 1'],
  network: ["{ network: 'bogus' }", "network: there is no network profile 'bogus': write 'lan', 'wan' or a range"],
  role: ['{ system: { ...sound.system, roles: { client: sound.system.roles.server } } }', "system.roles: no role of a system may be called 'client'"],
}

const bentCase = (name: string, says: string): [string[], string] => [['run', `${name}.scenario.ts`], `${name}.scenario.ts: scenario bent: ${says}`]

const cases: readonly (readonly [words: string[], says: string | RegExp])[] = [
  [['brokr'], "there is no scenario 'brokr': did you mean broker?"],
  [['nothing-like-it'], /there is no scenario 'nothing-like-it': there are broker/],
  [['--fault', 'x'], /unknown option '--fault'/],
  [['--seed'], /option '--seed <seed>' argument missing/],
  [['--seed', ' '], '--seed is empty'],
  [['--faults', 'net.dorp'], "there is no fault kind 'net.dorp'; did you mean net.drop?"],
  [['raft', '--seed', '1', '--faults', 'disk.rot'], 'disk.rot is not survived by raft-map: its survives names no corruptCopies'],
  [['raft', '--seed', '1', '--faults', 'disk,net.priority'], 'net.priority belongs to --strategy pct'],
  [['raft', '--seed', '1', '--faults', 'store'], 'store.error needs an object store: this scenario has none'],
  [['--strategy', 'brute'], "there is no strategy 'brute': there are random, targeted, burst, rolling, pct, none"],
  [['--no-fault', 'quake'], "--no-fault: there is no fault kind 'quake': there are net.delay"],
  [['--faults', 'none', '--strategy', 'burst'], '--faults none and --strategy burst contradict each other'],
  [['--duration', '60'], "--duration '60' is not a duration: write a number and a unit"],
  [['--duration', '0s'], "--duration '0s' is not a duration"],
  [['--duration', '-5s'], /--duration/],
  [['--duration', '1d'], "--duration '1d' is not a duration"],
  [['--until', '1.5'], "--until '1.5' is not a step"],
  [['--break-at', '0'], "--break-at '0' is not a step"],
  [['--trace', '--json'], 'use --trace-file with --json'],
  [['--check-determinism', '--trace'], '--check-determinism shows the first step that differs and writes no trace'],
  [['--check-determinism', '--trace-file', 'x'], '--check-determinism shows the first step that differs and writes no trace'],
  [['--seed', '1', '--trace-file', 'no/such/folder/x'], /--trace-file .*no\/such\/folder\/x cannot be written: ENOENT/],
  [['broker', 'raft'], /too many arguments/],
  [['run'], /missing required argument 'file'/],
  [['run', 'broker'], "'run' takes a scenario file such as my.scenario.ts, not 'broker'"],
  [['run', 'missing.scenario.ts'], 'missing.scenario.ts: no such file'],
  [['run', 'a-folder.scenario.ts'], 'a-folder.scenario.ts: no such file'],
  [['run', fixture('throws')], /throws\.scenario\.ts: throws when it is loaded: .*no-such-module/],
  [['run', fixture('throws-later')], /throws-later\.scenario\.ts: throws when it is loaded: TypeError: .* \(line 3:\d+\)/],
  [['run', 'syntax.scenario.ts'], 'syntax.scenario.ts: throws when it is loaded: SyntaxError: Unexpected end of file, at syntax.scenario.ts:2:0'],
  [['run', 'imports-it.scenario.ts'], 'imports-it.scenario.ts: throws when it is loaded: SyntaxError: Unexpected end of file, at syntax.scenario.ts:2:0'],
  [['run', fixture('wrong-shape')], 'wrong-shape.scenario.ts: scenario wrong: system must be what system({ … }) gives, not nothing'],
  ...Object.entries(bent).map(([name, [, says]]) => bentCase(name, says)),
  [['run', 'links.scenario.ts'], "links.scenario.ts: the network's links name 'nobody', which is neither a host (server-1, client-1) nor a role"],
  [['run', fixture('no-scenario')], 'its default export is not a scenario'],
  [
    ['run', fixture('judge-throws'), '--seed', '1'],
    /judge-throws\.scenario\.ts: its own code threw outside of a process: RangeError: no verdict \(.*judge-throws\.scenario\.ts:10:\d+\)/,
  ],
  [['replay', 'missing.json'], 'missing.json cannot be read: no such file'],
  [['replay', '.'], '. cannot be read'],
  [['replay', 'cut.json'], 'cut.json is not JSON'],
  [['replay', 'other.json'], 'other.json is not a replay file of Seedfall'],
  [['replay', 'older.json'], 'older.json has the older format 0'],
  [['replay', 'newer.json'], 'newer.json has the newer format 99'],
  [['replay', 'broken.json'], "broken.json is broken at 'seed'"],
  [['replay', 'noseed.json'], "noseed.json is broken at 'seed': it is missing"],
  [['replay', 'no-time.json'], "no-time.json is broken at 'durationNanos': it cannot be 0"],
  [['replay', 'no-args.json'], 'no-args.json is broken: the injection net.partition at lock-1 #1 (1 ns) has arguments of no use, {}: '],
  [['replay', 'no-length.json'], 'forNanos must be nanoseconds, an integer from 0 on, or null'],
  [['replay', 'unknown-kind.json'], "unknown-kind.json names the fault kind 'net.melt', which scenario lock does not have"],
  [['replay', 'renamed.json'], "has the scenario 'lock' now, and what is kept is of 'key'"],
  [['replay', 'moved.json'], 'gone.scenario.ts: no such file'],
]

/** Of these the words are those of the program's own loader, or a few stand for all: that the process ends so. */
const ownProcess = /syntax|imports-it|throws|brokr|^run$|cut\.json/

describe('bad input is answered in one clear line, with exit code 2', () => {
  test.concurrent.each(cases.map(([words, says]) => ({ command: words.map((word) => path.basename(word)).join(' '), words, says })))(
    '$command',
    async ({ words, says }) => {
      const { code, out, error } = await (ownProcess.test(words.join(' ')) ? seedfall : seedfallHere)(words, folder)
      expect(error).toMatch(/^seedfall: .*\n$/)
      if (typeof says === 'string') expect(error).toContain(says)
      else expect(error).toMatch(says)
      expect(code).toBe(2)
      expect(out).not.toContain('    at ')
    },
  )
})

test('a replay whose injection finds no place any more is stale: exit 5', async () => {
  const [first, ...others] = replay().injections
  write('stale.json', JSON.stringify({ ...replay(), injections: [{ ...first, site: 'worker-9>*' }, ...others] }))
  const { code, out } = await seedfall(['replay', 'stale.json'], folder)
  expect(out).toContain('✗ stale replay')
  expect(out).toContain('worker-9')
  expect(code).toBe(5)
})
