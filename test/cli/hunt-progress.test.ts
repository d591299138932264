import { describe, expect, test } from 'vitest'
import { hunt } from '../../cli/hunt-command.js'
import type { HuntFlags } from '../../cli/hunt-options.js'
import type { Terminal } from '../../cli/terminal.js'
import { paceLine } from '../../sim/report/hunt-progress-text.js'
import { plain } from '../../sim/report/palette.js'
import { example, fixture, freshFolder } from './seedfall.js'

interface Recorded extends Terminal {
  readonly shown: string[]
  readonly errors: string[]
  readonly lives: string[]
}

function recorded(isLive: boolean): Recorded {
  const [shown, errors, lives]: [string[], string[], string[]] = [[], [], []]
  return {
    out: (text) => void shown.push(text),
    error: (text) => void errors.push(text),
    live: (text) => void lives.push(text),
    isLive,
    paint: plain,
    width: 60,
    folder: freshFolder(),
    program: 'npx seedfall',
    shown,
    errors,
    lives,
  }
}

const flags: HuntFlags = { fault: [], jobs: 1, firstSeed: 1, seedTimeout: 60e9 }

describe('The progress of a hunt', () => {
  test('is one line that is written over, within the width of the terminal, and gone in the end', async () => {
    const terminal = recorded(true)
    expect(await hunt([fixture('ticking')], { ...flags, time: 1_200e6 }, terminal)).toBe(0)
    expect(terminal.lives.length).toBeGreaterThan(2)
    expect(terminal.lives.some((text) => /^\r\d[\d,]* runs in \d+ s, [\d,.]+ seeds\/s/.test(text))).toBe(true)
    expect(terminal.lives.every((text) => text.length <= 62)).toBe(true)
    expect(terminal.lives.at(-1)).toMatch(/^\r +\r$/)
    expect(terminal.errors).toEqual([])
  })

  test('is never written over where nobody looks', async () => {
    const terminal = recorded(false)
    expect(await hunt([fixture('ticking')], { ...flags, seeds: 3 }, terminal)).toBe(0)
    expect(terminal.lives).toEqual([])
    expect(terminal.shown).toHaveLength(3)
  })

  test('tells pace, failures and what is still unmet', () => {
    const pace = {
      wallSeconds: 61.4,
      seedsPerSecond: 16.34,
      stepsPerSecond: 412_345,
      virtualPerWall: 163.4,
      done: 1_003,
      size: 2_000,
      failed: 3,
      failures: 2,
      unmet: 1,
    }
    expect(paceLine(pace)).toBe('1,003 of 2,000 runs in 61 s, 16.3 seeds/s, 412,345 steps/s, 163 virtual s/s, 3 failed in 2 ways, 1 property unmet')
  })
})

describe('After a hunt', () => {
  test('whoever asks is given the replay of each failure that was kept, one after the other', async () => {
    const terminal = recorded(false)
    const given: string[] = []
    const exitCode = await hunt([example('lock')], { ...flags, seeds: 3, duration: 3e9 }, terminal, async (replay) => given.push(replay) > 0)
    expect(exitCode).toBe(1)
    expect(given).toEqual([expect.stringMatching(/^\.seedfall\/hunt-lock-1\/failures\/lock-[0-9a-f]{16}\.json$/)])
  })
})
