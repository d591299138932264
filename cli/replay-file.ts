import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../sim/real/make-folder.js'
import { isEntryText, parseEntry } from '../sim/run/corpus/entry.js'
import { RefusedEntry } from '../sim/run/corpus/refused-entry.js'
import { formatReplay, parseReplay, type Replay, ReplayError, requestOf } from '../sim/run/replay.js'
import type { RunRequest } from '../sim/run/report.js'
import type { AnyScenario } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'

/** Reads a replay file, or the replay of a corpus' entry; what is wrong with it is bad input, in a line. */
export function readReplay(file: string, folder: string): Replay {
  let text: string
  try {
    text = readFileSync(path.resolve(folder, file), 'utf8')
  } catch (error) {
    throw new BadInput(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `no such file; the path is taken from ${folder}` : (error as Error).message}`,
    )
  }
  try {
    if (!isEntryText(text)) return parseReplay(text)
    const { replay } = parseEntry(text, path.basename(file, '.json'))
    // An entry names it from the folder above its corpus.
    return replay.file === undefined ? replay : { ...replay, file: path.relative(folder, path.resolve(folder, path.dirname(file), '..', replay.file)) }
  } catch (error) {
    if (error instanceof ReplayError || error instanceof RefusedEntry) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

/** Whether a file that was read is an entry of a corpus. */
export const isEntryFile = (file: string, folder: string): boolean => isEntryText(readFileSync(path.resolve(folder, file), 'utf8'))

/** The run that a replay file asks for. */
export function requestOfFile(file: string, recorded: Replay, scenario: AnyScenario): RunRequest {
  try {
    return requestOf(recorded, scenario)
  } catch (error) {
    if (error instanceof ReplayError) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

/** Writes a file from `folder`, and the folders above it; what stands against it is bad input, in a line. */
export function writeText(file: string, folder: string, text: string): void {
  writing(file, folder, (target) => writeFileSync(target, text))
}

/** Throws `BadInput` when nothing can be written there: to be asked before the work whose result it is for. What is there stays as it is. */
export function mustBeWritable(file: string, folder: string): void {
  writing(file, folder, (target) => {
    const isThere = existsSync(target)
    closeSync(openSync(target, 'a'))
    if (!isThere) rmSync(target)
  })
}

function writing(file: string, folder: string, write: (target: string) => void): void {
  const target = path.resolve(folder, file)
  try {
    makeFolder(path.dirname(target))
    write(target)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new BadInput(`${file} cannot be written: ${code === 'EISDIR' ? 'it is a folder; name a file' : message}`)
  }
}

export function writeReplayFile(file: string, folder: string, replay: Replay): void {
  writeText(file, folder, formatReplay(replay))
}
