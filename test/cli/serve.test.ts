import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../cli/main.js'
import { DataDirectory } from '../../sim/real/data-directory.js'
import { plain } from '../../sim/report/palette.js'
import { type BuiltProgram, buildProgram } from '../real/built-program.js'
import { freshAddress } from '../real/real-hosts.js'
import { example, freshFolder } from './seedfall.js'

const lock = example('lock-fixed')

describe('serve: what is wrong is said in one line, with exit code 2', () => {
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [[lock, '--data', 'd'], /required option '--role <role>'/],
    [[lock, '--role', 'lock'], /required option '--data <directory>'/],
    [[lock, '--role', 'lokc', '--data', 'd'], /--role: lock-fixed has no role 'lokc'; did you mean lock\?/],
    [[lock, '--role', 'lock', '--data', 'd', '--ordinal', '0'], /--ordinal '0' is not a number: write an integer from 1 on/],
    [[lock, '--role', 'lock', '--data', 'd', '--listen', '7001'], /--listen '7001' is not an address: .*127\.0\.0\.1:7001/],
    [[lock, '--role', 'lock', '--data', 'd', '--peer', 'counter=127.0.0.1:1'], /--peer 'counter=127\.0\.0\.1:1' is not a host and its address/],
    [[lock, '--role', 'lock', '--data', 'd', '--peer', 'count-1=127.0.0.1:1'], /--peer: the scenario has no role 'count'; did you mean counter\?/],
    [[lock, '--role', 'lock', '--data', 'd', '--peer', 'lock-1=127.0.0.1:1', '--listen', '127.0.0.1:2'], /--peer lock-1 is this host/],
    [['raft', '--role', 'member', '--data', 'd', '--option', 'keyz=1'], /--option: the scenario has no option 'keyz'; did you mean keys\?/],
    [[lock, '--role', 'lock', '--data', 'd', '--role-version', 'v2'], /--role-version: lock has no version 'v2'/],
    [[lock, '--role', 'lock', '--data', 'd', '--grace', 'soon'], /--grace 'soon' is not a duration/],
    [[lock, '--role', 'lock', '--data', 'd', '--log', 'loud'], /--log 'loud' is not a level/],
  ]
  test.each(wrong)('serve %j', async (words, message) => {
    const errors: string[] = []
    const terminal = { out: () => {}, error: (text: string) => errors.push(text), paint: plain, width: 100, folder: freshFolder(), program: 'npx seedfall' }
    expect(await main(['serve', ...words], terminal)).toBe(2)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(message)
    expect(errors[0]).not.toContain('\n')
  })
})

describe('serve', () => {
  let program: BuiltProgram
  beforeAll(async () => {
    program = await buildProgram(['examples/lock-fixed.scenario.ts', 'test/cli/fixtures/serve-ends.scenario.ts'])
  })
  afterAll(() => program?.[Symbol.dispose]())
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** Runs until it says something, then sends the signal, if any. */
  function serveUntilReady(scenario: string, words: readonly string[], signal: NodeJS.Signals | null, folder = freshFolder()) {
    return new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
      const child = spawn(process.execPath, [program.main, 'serve', program.scenario(scenario), ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
      children.push(child)
      let out = ''
      let error = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        out += text
        if (signal !== null && out.includes('\n')) child.kill(signal)
      })
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        error += text
      })
      child.on('close', (code) => resolve({ code, out, error }))
    })
  }

  test('says in one line that it is ready, and stops cleanly when it is asked to', async () => {
    const folder = freshFolder()
    const { machine, port } = freshAddress()
    const words = ['--role', 'lock', '--listen', `${machine}:${port}`, '--peer', 'counter-1=127.0.0.1:7002', '--data', 'data']
    const first = await serveUntilReady('lock-fixed', words, 'SIGTERM', folder)
    expect([first.code, first.out]).toEqual([0, `ready  lock-1 of lock-fixed at ${machine}:${port}, life 1, data in ${path.join(folder, 'data')}\n`])
    const second = await serveUntilReady('lock-fixed', [...words, '--json'], 'SIGINT', folder)
    expect(second.code).toBe(0)
    expect(JSON.parse(second.out)).toMatchObject({ event: 'ready', host: 'lock-1', incarnation: 2, peers: { lock: ['lock-1'], counter: ['counter-1'] } })
  })

  test('an address in use, and a data directory in use, are exit code 69', async () => {
    const { machine, port } = freshAddress()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, machine, resolve))
    const taken = await serveUntilReady('lock-fixed', ['--role', 'lock', '--listen', `${machine}:${port}`, '--data', 'd'], null)
    await new Promise((resolve) => server.close(resolve))
    expect([taken.code, taken.error]).toEqual([69, `seedfall: lock-1 cannot start: ${machine}:${port} is in use: give lock-1 another address with --listen\n`])
    const folder = freshFolder()
    const owner = await DataDirectory.claim(path.join(folder, 'd'))
    const shared = await serveUntilReady('lock-fixed', ['--role', 'lock', '--data', 'd'], null, folder)
    await owner.release()
    expect([shared.code, shared.error]).toEqual([
      69,
      expect.stringMatching(/^seedfall: lock-1 cannot start: .*d is in use by process \d+: two processes cannot share a data directory\n$/),
    ])
  })

  test('a process that crashes says where, with exit code 4; one that exits by itself has 7', async () => {
    const crashed = await serveUntilReady('serve-ends', ['--role', 'crashing', '--data', 'd'], null)
    expect([crashed.code, crashed.error.split('\n')[0]]).toEqual([4, "seedfall: crashing-1 crashed in the task 'doomed': it broke"])
    expect(crashed.error).toContain('serve-ends.scenario')
    const unbooted = await serveUntilReady('serve-ends', ['--role', 'unbooted', '--data', 'd'], null)
    expect([unbooted.code, unbooted.error.split('\n')[0]]).toEqual([4, 'seedfall: unbooted-1 crashed in its boot: no such luck'])
    const exiting = await serveUntilReady('serve-ends', ['--role', 'exiting', '--data', 'd'], null)
    expect([exiting.code, JSON.parse(exiting.error.split('\n')[0] as string)]).toMatchObject([7, { event: 'host.exit', reason: 'the disk failed' }])
  })

  test('a process that does not stop is closed after its grace', async () => {
    const { code, error } = await serveUntilReady('serve-ends', ['--role', 'stubborn', '--data', 'd', '--grace', '50ms'], 'SIGTERM')
    expect(code).toBe(0)
    expect(error).toContain('host.stopped-late')
  })

  test('a process that is told to stop may end by itself', async () => {
    const { code, error } = await serveUntilReady('serve-ends', ['--role', 'obedient', '--data', 'd', '--grace', '30s'], 'SIGTERM')
    expect([code, error]).toMatchObject([0, expect.stringContaining('its last words')])
  })
})
