import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../../cli/main.js'
import { plain } from '../../sim/report/palette.js'

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url))

export interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs the command line in a process of its own. `signalAfter`: sends SIGINT once the text appears on standard output. */
export function seedfall(words: readonly string[], folder: string = freshFolder(), signalAfter?: string, more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { npm_lifecycle_event: _, GITHUB_ACTIONS: __, ...env } = process.env
    const child = spawn(process.execPath, [bin, ...words], { cwd: folder, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    let isSignalled = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (isSignalled || signalAfter === undefined || !out.includes(signalAfter)) return
      isSignalled = true
      setTimeout(() => child.kill('SIGINT'), 200)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, out, error }))
  })
}

/** The same command line inside this process, which spares loading it anew: for what hangs on no process of its own. */
export async function seedfallHere(words: readonly string[], folder: string = freshFolder()): Promise<Ended> {
  let out = ''
  let error = ''
  const code = await main(words, {
    out: (text) => {
      out += `${text}\n`
    },
    error: (text) => {
      error += `${text}\n`
    },
    paint: plain,
    width: 160,
    folder,
    program: 'npx seedfall',
  })
  return { code, out, error }
}

export const freshFolder = (): string => mkdtempSync(path.join(tmpdir(), 'seedfall-cli-'))

export const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.scenario.ts`, import.meta.url))
export const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.scenario.ts`, import.meta.url))
