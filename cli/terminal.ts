import { Chalk } from 'chalk'
import { type Palette, plain } from '../sim/report/palette.js'

/** Where a command writes, and what it knows of the reader. */
export interface Terminal {
  out(text: string): void
  error(text: string): void
  /** Whether a person watches standard error; then `live` writes there as it is, without an end of line. */
  readonly isLive?: boolean
  live?(text: string): void
  readonly paint: Palette
  /** Columns. */
  readonly width: number
  readonly folder: string
  /** How the reader starts this program: `npx seedfall`, or `npm run sim --`. */
  readonly program: string
}

/**
 * The process' own terminal. Colour only where a person reads, and not against NO_COLOR. With `isForMachines`, standard output is this terminal's alone: what
 * else is written there, such as by a scenario's own `console.log`, goes to standard error.
 */
export function processTerminal({ isForMachines = false } = {}): Terminal {
  const { stdout, stderr, env } = process
  const write = stdout.write.bind(stdout)
  if (isForMachines) stdout.write = stderr.write.bind(stderr)
  // A reader that went away (`| head`) ends the program, and is no error of it.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(process.exitCode ?? 0)
  })
  return {
    out: (text) => write(`${text}\n`),
    error: (text) => stderr.write(`${text}\n`),
    isLive: stderr.isTTY === true && env.TERM !== 'dumb',
    live: (text) => stderr.write(text),
    paint: stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? coloured() : plain,
    width: stdout.isTTY ? stdout.columns : 160,
    folder: process.cwd(),
    program: env.npm_lifecycle_event === 'sim' ? 'npm run sim --' : 'npx seedfall',
  }
}

function coloured(): Palette {
  const chalk = new Chalk()
  return { good: chalk.green, bad: chalk.red.bold, strong: chalk.bold, faint: chalk.dim }
}
