import type { TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { LineFile } from './line-file.js'
import { PerfettoFile } from './perfetto-file.js'

/**
 * Writes a trace as JSON lines, one a record: `{ number, at, host, incarnation, kind, cause, detail, hash }`, and `note: true` for what happened
 * inside the step that follows.
 */
export class TraceFile implements TraceSink {
  readonly #file: LineFile

  constructor(readonly path: string) {
    this.#file = new LineFile(path)
  }

  step(record: TraceRecord): void {
    this.#write(record, '')
  }

  note(record: TraceRecord): void {
    this.#write(record, ',"note":true')
  }

  close(): void {
    this.#file.close()
  }

  #write({ step, at, host, incarnation, kind, cause, detail, hash }: TraceRecord, more: string): void {
    const place = host === null ? 'null' : `"${host}"`
    this.#file.write(
      `{"number":${step},"at":${at},"host":${place},"incarnation":${incarnation},"kind":"${kind}","cause":${cause},"detail":${JSON.stringify(detail)},"hash":"${hash}"${more}}\n`,
    )
  }
}

/** What `--trace-file` writes: by its name, Chrome's format (`x.perfetto.json`) or JSON lines. */
export function traceFileOf(path: string): TraceSink & { close(): void } {
  return path.endsWith('.perfetto.json') ? new PerfettoFile(path) : new TraceFile(path)
}

/** Hands every record to each of the sinks. */
export function traceTo(sinks: readonly TraceSink[]): TraceSink | undefined {
  if (sinks.length < 2) return sinks[0]
  return {
    begin: (run) => {
      for (const sink of sinks) sink.begin?.(run)
    },
    step: (record) => {
      for (const sink of sinks) sink.step(record)
    },
    note: (record) => {
      for (const sink of sinks) sink.note?.(record)
    },
  }
}
