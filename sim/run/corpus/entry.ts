import * as v from 'valibot'
import { shown } from '../check-scenario.js'
import { parseReplay, type Replay, ReplayError } from '../replay.js'
import { RefusedEntry, type Remains, remainsOf } from './refused-entry.js'

/** A run that is worth keeping for ever, as one small file: a replay, what it is about, and what is expected of it. */
export interface CorpusEntry {
  /** Its file's name without `.json`: lower-case words with dashes. */
  readonly name: string
  /** One sentence: what goes wrong in it, or what once did. */
  readonly note: string
  readonly expect: Expectation
  /** The run is exactly this one, event for event; not asked when not given, since every change of the code changes a trace. */
  readonly traceHash?: string
  /** `replay.found` is what it must find (`fails`), or what it found once (`passes`). */
  readonly replay: Replay
}

/** `passes`: a mistake that was repaired, which must not come back. `fails`: a mistake that is kept, and must be found again by the same check. */
export type Expectation = 'passes' | 'fails'

/** Raised when the shape of an entry changes; the replay inside has a version of its own. */
export const corpusVersion = 1

const format = 'seedfall-corpus'

const nameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/))
const entrySchema = v.strictObject({
  format: v.literal(format),
  version: v.literal(corpusVersion),
  name: nameSchema,
  note: v.pipe(v.string(), v.minLength(1)),
  expect: v.picklist(['passes', 'fails']),
  traceHash: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))),
  replay: v.record(v.string(), v.unknown()),
})

/** What may name an entry. */
export const isEntryName = (name: string): boolean => v.is(nameSchema, name)

/**
 * Reads an entry. `name` is that of its file, without `.json`. A replay file that was put among the entries as it is becomes one: it expects what it found.
 * Throws a `RefusedEntry` that says what is wrong.
 */
export function parseEntry(text: string, name: string): CorpusEntry {
  const value = parsed(text)
  if (formatOf(value) === 'seedfall-replay') return entryOfReplay(replayIn(value, name, undefined), name)
  if (formatOf(value) !== format) throw new RefusedEntry('is neither an entry of a corpus nor a replay file')
  const version = (value as { version?: unknown }).version
  if (version !== corpusVersion) throw new RefusedEntry(`has the format ${shown(version)}, and this Seedfall reads format ${corpusVersion}: update seedfall`)
  const read = v.safeParse(entrySchema, value)
  if (!read.success) {
    const [issue] = read.issues
    const wrong = issue.input === undefined ? 'it is missing' : `it cannot be ${shown(issue.input)}`
    throw new RefusedEntry(`is broken at '${v.getDotPath(issue) ?? 'its root'}': ${wrong}`)
  }
  const { note, expect, traceHash, replay } = read.output
  if (read.output.name !== name) throw new RefusedEntry(`calls itself '${read.output.name}': its file must be called ${read.output.name}.json`)
  const entry = { name, note, expect, ...(traceHash === undefined ? {} : { traceHash }), replay: replayIn(replay, note, expect) }
  if (entry.replay.found.outcome === 'passed' || entry.replay.found.outcome === 'interrupted')
    throw new RefusedEntry(`holds a replay that found nothing (${entry.replay.found.outcome}): there is nothing to be found again`)
  return entry
}

/** An entry of a replay as its run left it. */
export function entryOfReplay(replay: Replay, name: string): CorpusEntry {
  if (replay.found.outcome === 'passed' || replay.found.outcome === 'interrupted')
    throw new RefusedEntry(`is a replay that found nothing (${replay.found.outcome}): there is nothing to be found again`)
  return { name, note: noteOf(replay), expect: 'fails', replay }
}

/** What the check said, in a line. */
export function noteOf({ found, scenario, seed }: Replay): string {
  const [line = ''] = (found.message ?? '').split('\n')
  return line.trim() || `${found.outcome} under seed ${seed} of ${scenario}`
}

/** A name that says what an entry is about: `lock-history`. */
export function nameFor({ scenario, found }: Replay): string {
  const words = `${scenario} ${found.check ?? found.outcome}`.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  return words.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
}

/** The entry as its file holds it: fields in a fixed order, each injection on a line of its own, so that a change shows as the lines that changed. */
export function formatEntry({ name, note, expect, traceHash, replay }: CorpusEntry): string {
  const head = { format, version: corpusVersion, name, note, expect, ...(traceHash === undefined ? {} : { traceHash }) }
  const fields = (object: object, indent: string) =>
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${indent}${JSON.stringify(key)}: ${valueText(key, value, indent)}`)
  return `{\n${[...fields(head, '  '), `  "replay": {\n${fields(replay, '    ').join(',\n')}\n  }`].join(',\n')}\n}\n`
}

function valueText(key: string, value: unknown, indent: string): string {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return `[\n${value.map((item) => `${indent}  ${JSON.stringify(item)}`).join(',\n')}\n${indent}]`
  }
  if (key !== 'options' || Object.keys(value as object).length === 0) return JSON.stringify(value)
  const lines = linesOf(value as Readonly<Record<string, unknown>>)
  return `{\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}}`
}

/** The options of one kind of fault on a line, in their order. */
function linesOf(options: Readonly<Record<string, unknown>>): string[] {
  const lines: string[][] = []
  let last: string | undefined
  for (const [name, value] of Object.entries(options)) {
    const family = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : ''
    const field = `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    if (family === last) lines.at(-1)?.push(field)
    else lines.push([field])
    last = family
  }
  return lines.map((line) => line.join(', '))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RefusedEntry('is not JSON: it was cut short or edited')
  }
}

/** Whether it is one that was written as an entry, whatever else may be wrong with it. */
export function isEntryText(text: string): boolean {
  try {
    return formatOf(JSON.parse(text)) === format
  } catch {
    // Whoever reads it says so.
    return false
  }
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { format?: unknown }).format : undefined
}

/** The replay inside; one of an older format is refused, with what is left of it. */
function replayIn(value: unknown, note: string, expect: Expectation | undefined): Replay {
  try {
    return parseReplay(JSON.stringify(value))
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error
    const remains: Remains | undefined = remainsOf(value, note, expect ?? 'fails')
    throw new RefusedEntry(`holds a replay that ${error.message}`, remains)
  }
}
