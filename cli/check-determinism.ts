import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { traceLine } from '../sim/report/trace-line.js'
import type { RunReport, RunRequest } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import { TraceFile, traceTo } from './trace-file.js'

/** The first step at which two runs that should be equal are not. */
export interface Difference {
  /** Counts from 1. */
  readonly step: number
  /** What each run did there, its notes first; empty when that run had ended. */
  readonly first: readonly string[]
  readonly second: readonly string[]
}

export interface DeterminismReport {
  readonly report: RunReport
  readonly difference: Difference | null
}

/**
 * Runs twice, the second time in another time zone, and compares the running hash after every step. Both runs share the process, so that state which
 * outlives a run shows as well as clocks, ambient randomness and the zone. A shorter second run is a difference too.
 */
export async function checkDeterminism(request: RunRequest): Promise<DeterminismReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-'))
  try {
    const file = new TraceFile(path.join(folder, 'first.jsonl'))
    const hashes = new HashRecorder()
    const report = await run({ ...request, trace: traceTo([file, hashes]) })
    file.close()
    const comparer = await inOtherZone(() => compare(request, hashes))
    if (!comparer.isDifferent) return { report, difference: null }
    const step = comparer.index + 1
    return { report, difference: { step, first: await linesOfStep(file.path, step), second: comparer.lines } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compare(request: RunRequest, hashes: HashRecorder): Promise<HashComparer> {
  const comparer = new HashComparer(hashes)
  const caller = request.signal
  await run({ ...request, trace: comparer, signal: caller ? AbortSignal.any([caller, comparer.signal]) : comparer.signal })
  comparer.finish()
  return comparer
}

async function inOtherZone<T>(work: () => Promise<T>): Promise<T> {
  const { TZ } = process.env
  process.env.TZ = TZ === 'Pacific/Chatham' ? 'America/St_Johns' : 'Pacific/Chatham'
  try {
    return await work()
  } finally {
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
  }
}

/** The hash after every step, as two words each. */
class HashRecorder implements TraceSink {
  #words = new Uint32Array(1 << 12)
  #length = 0

  get length(): number {
    return this.#length
  }

  step({ hash }: TraceRecord): void {
    if (this.#length * 2 === this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[this.#length * 2] = Number.parseInt(hash.slice(0, 8), 16)
    this.#words[this.#length * 2 + 1] = Number.parseInt(hash.slice(8), 16)
    this.#length++
  }

  isAt(index: number, hash: string): boolean {
    return this.#words[index * 2] === Number.parseInt(hash.slice(0, 8), 16) && this.#words[index * 2 + 1] === Number.parseInt(hash.slice(8), 16)
  }
}

/** Compares a second run while it goes on, and stops it at the first difference. */
class HashComparer implements TraceSink {
  readonly #controller = new AbortController()
  readonly #first: HashRecorder
  #notes: string[] = []
  index = 0
  isDifferent = false
  lines: readonly string[] = []

  constructor(first: HashRecorder) {
    this.#first = first
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  step(record: TraceRecord): void {
    if (this.isDifferent) return
    if (this.index < this.#first.length && this.#first.isAt(this.index, record.hash)) {
      this.index++
      this.#notes = []
      return
    }
    this.isDifferent = true
    this.lines = [...this.#notes, traceLine(record, false)]
    this.#controller.abort()
  }

  note(record: TraceRecord): void {
    if (!this.isDifferent) this.#notes.push(traceLine(record, true))
  }

  /** The second run has ended; when it did so early, that is the difference. */
  finish(): void {
    if (!this.isDifferent && this.index < this.#first.length) this.isDifferent = true
  }
}

/** The records of the n-th step of a trace file, as lines for people. */
async function linesOfStep(file: string, step: number): Promise<string[]> {
  let seen = 0
  const lines: string[] = []
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const { number, note, ...record } = JSON.parse(text) as TraceRecord & { number: number; note?: true }
    if (seen === step - 1) lines.push(traceLine({ ...record, step: number }, note === true))
    if (note !== true && ++seen === step) break
  }
  return lines
}
