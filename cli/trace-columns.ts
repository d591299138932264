import type { TracedRun, TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { moment } from '../sim/report/numbers.js'
import type { Terminal } from './terminal.js'

const nobody: Readonly<Record<string, string | number>> = {}

/**
 * `--trace`: one line a step for people, in columns: step, time, host and incarnation, role, status, event with its detail, what the system shows of the
 * process (`system.columns`), the step that caused it and the running hash. What happened inside a step stands above it, marked by a dot.
 */
export class TraceColumns implements TraceSink {
  readonly #terminal: Terminal
  #run: TracedRun | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  begin(run: TracedRun): void {
    this.#run = run
    this.#terminal.out(
      this.#terminal.paint.faint(`${'step'.padStart(9)}  ${'at'.padStart(14)}  ${'host'.padEnd(14)}  ${'role'.padEnd(8)}  ${'status'.padEnd(7)}  event`),
    )
  }

  step({ step, at, host, incarnation, kind, cause, detail, hash }: TraceRecord): void {
    const own = host === null ? nobody : (this.#run?.columns(host) ?? nobody)
    const words = Object.entries(own).map(([name, value]) => `${name} ${value}`)
    const shown = words.length === 0 ? '' : `  [${words.join(', ')}]`
    const event = detail === '' ? kind : `${kind} ${detail}`
    this.#terminal.out(`${String(step).padStart(9)}  ${moment(at).padStart(14)}  ${this.#place(host, incarnation)}  ${event}${shown}  <- ${cause}  ${hash}`)
  }

  note({ host, incarnation, kind, detail }: TraceRecord): void {
    this.#terminal.out(`${' '.repeat(27)}${this.#place(host, incarnation)}  · ${detail === '' ? kind : `${kind} ${detail}`}`)
  }

  #place(host: string | null, incarnation: number): string {
    const found = host === null ? undefined : this.#run?.host(host)
    const name = (host === null ? 'world' : `${host}#${incarnation}`).padEnd(14)
    return `${name}  ${(found?.role ?? '').padEnd(8)}  ${(found?.status ?? '').padEnd(7)}`
  }
}
