import type { Nanos } from '../sim/host/seam.js'
import type { TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { LineFile } from './line-file.js'

/** How far back a step's cause is remembered for its arrow. */
const remembered = 1 << 16

/** How long a step is drawn: steps take no virtual time, and nothing without a length can be clicked on. */
const drawnMicros = 1

/**
 * Writes a trace in Chrome's Trace Event Format (JSON object form), as ui.perfetto.dev and chrome://tracing open it: a process with one thread for every
 * host, a slice for every step, an instant for what happened inside one, and an arrow from each step to those of other hosts that it caused.
 */
export class PerfettoFile implements TraceSink {
  readonly #file: LineFile
  readonly #threads = new Map<string, number>()
  readonly #thread = new Int32Array(remembered)
  /** When it was, as the file has it. */
  readonly #ts: string[] = new Array<string>(remembered).fill('')
  #isFirst = true

  constructor(path: string) {
    this.#file = new LineFile(path)
    this.#file.write('{"displayTimeUnit":"ns","traceEvents":[\n')
    this.#event('{"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"simulation"}}')
  }

  step(record: TraceRecord): void {
    const { step, at, host, incarnation, kind, cause, detail, hash } = record
    const thread = this.#threadOf(host)
    const ts = micros(at)
    const text = JSON.stringify(detail)
    this.#event(
      `{"ph":"X","pid":1,"tid":${thread},"ts":${ts},"dur":${drawnMicros},"name":"${named(kind, text)}","cat":"${kind}","args":{"step":${step},"incarnation":${incarnation},"cause":${cause},"detail":${text},"hash":"${hash}"}}${this.#arrow(step, cause, thread, ts)}`,
    )
    this.#thread[step % remembered] = thread
    this.#ts[step % remembered] = ts
  }

  note({ step, at, host, kind, detail }: TraceRecord): void {
    this.#event(
      `{"ph":"i","s":"t","pid":1,"tid":${this.#threadOf(host)},"ts":${micros(at)},"name":${JSON.stringify(kind)},"args":{"step":${step},"detail":${JSON.stringify(detail)}}}`,
    )
  }

  close(): void {
    this.#file.write('\n]}\n')
    this.#file.close()
  }

  /** The events of the arrow from the step that caused it, when another host took that. */
  #arrow(step: number, cause: number, thread: number, ts: string): string {
    if (cause <= 0 || cause >= step || step - cause >= remembered) return ''
    const from = this.#thread[cause % remembered] as number
    if (from === thread || from === 0 || thread === 0) return ''
    const began = this.#ts[cause % remembered] as string
    return `,\n{"ph":"s","id":${step},"pid":1,"tid":${from},"ts":${began},"name":"causes","cat":"cause"},\n{"ph":"f","bp":"e","id":${step},"pid":1,"tid":${thread},"ts":${ts},"name":"causes","cat":"cause"}`
  }

  #threadOf(host: string | null): number {
    if (host === null) return 0
    const known = this.#threads.get(host)
    if (known !== undefined) return known
    const thread = this.#threads.size + 1
    this.#threads.set(host, thread)
    this.#event(`{"ph":"M","pid":1,"tid":${thread},"name":"thread_name","args":{"name":${JSON.stringify(host)}}}`)
    this.#event(`{"ph":"M","pid":1,"tid":${thread},"name":"thread_sort_index","args":{"sort_index":${thread}}}`)
    return thread
  }

  #event(text: string): void {
    this.#file.write(this.#isFirst ? text : `,\n${text}`)
    this.#isFirst = false
  }
}

/** The format counts microseconds; fractions are allowed. Put together from integers: a fraction's own text takes several times as long. */
function micros(at: Nanos): string {
  const whole = Math.floor(at / 1_000)
  const nanos = at - whole * 1_000
  return nanos === 0 ? `${whole}` : `${whole}.${nanos < 10 ? '00' : nanos < 100 ? '0' : ''}${nanos}`
}

/** A message by its type, everything else by its kind; of the detail as JSON, which has a blank where the detail has one. */
function named(kind: string, text: string): string {
  const blank = text.indexOf(' ')
  const word = text.slice(1, blank === -1 ? -1 : blank)
  return word === '' ? kind : `${kind} ${word}`
}
