import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../sim/real/make-folder.js'
import { formatReplay, parseReplay, type Replay, ReplayError, requestOf } from '../sim/run/replay.js'
import type { RunRequest } from '../sim/run/report.js'
import type { AnyScenario } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'

/** Reads a replay file; what is wrong with it is bad input, in a line. */
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
    return parseReplay(text)
  } catch (error) {
    if (error instanceof ReplayError) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

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
  const target = path.resolve(folder, file)
  try {
    makeFolder(path.dirname(target))
    writeFileSync(target, text)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new BadInput(`${file} cannot be written: ${code === 'EISDIR' ? 'it is a folder; name a file' : message}`)
  }
}

export function writeReplayFile(file: string, folder: string, replay: Replay): void {
  writeText(file, folder, formatReplay(replay))
}
