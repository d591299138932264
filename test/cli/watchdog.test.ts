import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { fixture, freshFolder, seedfall } from './seedfall.js'

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url))

vi.setConfig({ testTimeout: 120_000 })

describe('a run whose code loops for ever', () => {
  test.each([['run'], ['shrink'], ['why']])('of %s is ended, with its place and a code of its own', async (command) => {
    const { code, error } = await seedfall([command, fixture('loops'), '--seed', '7'], freshFolder(), undefined, { SEEDFALL_QUIET_SECONDS: '1' })
    expect(error).toBe(
      "seedfall: the run of loops under seed 7 gave no sign of life for 1 s in loopsForEver of loops.scenario.ts: an endless loop in the scenario's code; if it is only slow, SEEDFALL_QUIET_SECONDS=10 waits longer\n",
    )
    expect(code).toBe(9)
  })

  test('is ended by Ctrl-C', async () => {
    expect(await interruptedAfter('from here on it loops')).toBe('SIGINT')
  })
})

/** What ended a run that is interrupted again and again from the moment on when it prints a text. */
function interruptedAfter(text: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, 'run', fixture('loops'), '--seed', '7'], { cwd: freshFolder(), stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    let again: NodeJS.Timeout | undefined
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      out += more
      if (out.includes(text)) again ??= setInterval(() => child.kill('SIGINT'), 300)
    })
    child.on('error', reject)
    child.on('close', (_, signal) => {
      clearInterval(again)
      resolve(signal)
    })
  })
}
