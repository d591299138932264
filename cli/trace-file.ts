import { closeSync, openSync, writeSync } from 'node:fs'
import type { TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { BadInput } from './bad-input.js'

const chunkLength = 1 << 16

/**
 * Writes a trace as JSON lines, one a record: `{ number, at, host, incarnation, kind, cause, detail, hash }`, and `note: true` for what happened
 * inside the step that follows.
 */
export class TraceFile implements TraceSink {
  readonly #file: number
  #pending = ''

  constructor(readonly path: string) {
    try {
      this.#file = openSync(path, 'w')
    } catch (error) {
      throw new BadInput(`--trace-file ${path} cannot be written: ${(error as Error).message}`)
    }
  }

  step(record: TraceRecord): void {
    this.#write(record, '')
  }

  note(record: TraceRecord): void {
    this.#write(record, ',"note":true')
  }

  close(): void {
    writeSync(this.#file, this.#pending)
    this.#pending = ''
    closeSync(this.#file)
  }

  #write({ step, at, host, incarnation, kind, cause, detail, hash }: TraceRecord, more: string): void {
    const place = host === null ? 'null' : `"${host}"`
    this.#pending += `{"number":${step},"at":${at},"host":${place},"incarnation":${incarnation},"kind":"${kind}","cause":${cause},"detail":${JSON.stringify(detail)},"hash":"${hash}"${more}}\n`
    if (this.#pending.length < chunkLength) return
    writeSync(this.#file, this.#pending)
    this.#pending = ''
  }
}

/** Hands every record to each of the sinks. */
export function traceTo(sinks: readonly TraceSink[]): TraceSink | undefined {
  if (sinks.length < 2) return sinks[0]
  return {
    step: (record) => {
      for (const sink of sinks) sink.step(record)
    },
    note: (record) => {
      for (const sink of sinks) sink.note?.(record)
    },
  }
}
