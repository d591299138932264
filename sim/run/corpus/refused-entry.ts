import * as v from 'valibot'
import type { Expectation } from './entry.js'

/** A file of a corpus that cannot be read; the message is one line for people, to follow the file's name. */
export class RefusedEntry extends Error {
  override readonly name = 'RefusedEntry'

  constructor(
    message: string,
    /** What can still be read of it: enough to look for its failure again. */
    readonly remains?: Remains,
  ) {
    super(message)
  }
}

/** What outlives a change of the replay's format. */
export interface Remains {
  readonly note: string
  readonly expect: Expectation
  readonly scenario: string
  readonly file?: string
  readonly seed: string
  readonly durationNanos?: number
  readonly found: { readonly outcome: string; readonly check?: string }
}

const remainsSchema = v.object({
  scenario: v.string(),
  file: v.optional(v.string()),
  seed: v.pipe(v.string(), v.minLength(1)),
  durationNanos: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  found: v.object({ outcome: v.string(), check: v.optional(v.string()) }),
})

/** Undefined where too little is left. */
export function remainsOf(replay: unknown, note: string, expect: Expectation): Remains | undefined {
  const read = v.safeParse(remainsSchema, replay)
  return read.success ? { note, expect, ...read.output } : undefined
}
