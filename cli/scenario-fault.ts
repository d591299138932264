import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Misuse } from '../sim/host/errors.js'
import { BadInput } from './bad-input.js'

/** Seedfall's own code: the repository's folders, or those of the package's built form. */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const own = ['sim', 'systems', 'invariants', 'scenarios', 'cli'].map((folder) => path.join(root, folder) + path.sep)

/**
 * What a run threw outside of every process, or a check. Code of a scenario's file (its judge, invariants, statistics) or of a model's that threw, or misused
 * Seedfall, is the file's mistake; anything else is a defect of Seedfall.
 */
export function blame(error: unknown, file: string | undefined, doing = 'threw outside of a process'): unknown {
  if (file === undefined || !(error instanceof Error)) return error
  const [place] = placesIn(error.stack ?? '')
  const isTheirs = error instanceof Misuse || (place !== undefined && !own.some((folder) => place.startsWith(folder)))
  if (!isTheirs) return error
  const where = placesIn(error.stack ?? '').find((candidate) => !own.some((folder) => candidate.startsWith(folder)))
  const [message] = error.message.split('\n')
  // Found before any step, such as links of hosts that there are not: it says all by itself.
  if (error instanceof Misuse && where === undefined) return new BadInput(`${file}: ${message}`)
  return new BadInput(`${file}: its own code ${doing}: ${error.name}: ${message}${where === undefined ? '' : ` (${where})`}`)
}

/** The files of a stack with their lines, innermost first; Node's own and packages are left out. */
function placesIn(stack: string): string[] {
  return stack.split('\n').flatMap((line) => {
    const match = /^\s+at .*?(?:\(|at )?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line)
    const place = match?.[1]?.replace(/^file:\/\//, '').replace(/\?[^:]*/, '')
    return place === undefined || isPackaged(place) ? [] : place
  })
}

/** A package's file, such as tsx' or commander's; Seedfall's own lie in one when it is installed. */
const isPackaged = (place: string): boolean => place.slice(place.startsWith(home) ? home.length : 0).includes('/node_modules/')
const home = path.basename(root) === 'dist' ? path.dirname(root) : root
