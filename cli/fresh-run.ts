import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the sources, and above the built form. */
const program = ['./bin.mjs', '../../cli/bin.mjs'].map((place) => fileURLToPath(new URL(place, import.meta.url))).find((file) => existsSync(file))

/** The trace hash after so many steps of the run that these words ask for, in a program of its own; undefined when it does not get there. */
export function freshRun(words: readonly string[], folder: string, steps: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (program === undefined) {
      resolve(undefined)
      return
    }
    const plain = words.filter((word) => word !== '--check-determinism' && word !== '--json')
    const all = [program, ...plain, '--until', String(steps), '--json']
    // It fails as the run does: what it printed tells how far it came.
    execFile(process.execPath, all, { cwd: folder, maxBuffer: 1 << 26 }, (_, stdout) => {
      const line = stdout.trim().split('\n').at(-1) ?? ''
      const report = line.startsWith('{') ? (JSON.parse(line) as { steps: number; traceHash: string }) : undefined
      resolve(report?.steps === steps ? report.traceHash : undefined)
    })
  })
}
