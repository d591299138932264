import type { HostName, Log } from '../host/seam.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of a log. */
export interface LogLine {
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string
  readonly level: LogLevel
  readonly host: HostName
  readonly incarnation: number
  readonly event: string
  readonly [field: string]: unknown
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Lines from `least` on; each goes to `write` whole, without its end of line. */
export class JsonLog implements Log {
  constructor(
    readonly host: HostName,
    readonly incarnation: number,
    readonly write: (line: string) => void,
    readonly least: LogLevel = 'info',
  ) {}

  debug(event: string, fields?: object): void {
    this.#line('debug', event, fields)
  }
  info(event: string, fields?: object): void {
    this.#line('info', event, fields)
  }
  warn(event: string, fields?: object): void {
    this.#line('warn', event, fields)
  }
  error(event: string, fields?: object): void {
    this.#line('error', event, fields)
  }

  #line(level: LogLevel, event: string, fields: object | undefined): void {
    if (ranks[level] < ranks[this.least]) return
    const line: LogLine = { time: new Date().toISOString(), level, host: this.host, incarnation: this.incarnation, event }
    // First by their place, and not to be overwritten.
    this.write(JSON.stringify({ ...line, ...fields, ...line }, readable))
  }
}

/** What JSON has no words for. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `<${value.length} bytes>`
  if (value instanceof Map) return [...value]
  if (value instanceof Set) return [...value]
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack }
  return value
}
