import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { placeOf } from '../sim/ambient/place.js'
import { reply } from '../sim/kernel/event.js'
import type { TracedRun, TraceRecord, TraceSink } from '../sim/kernel/trace.js'
import { Channel } from '../sim/net/link.js'
import { traceLine } from '../sim/report/trace-line.js'
import type { RunReport, RunRequest } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import { placeOfFunction } from './function-place.js'
import { TraceFile, traceTo } from './trace-file.js'

/** The first step at which two runs that should be equal are not. */
export interface Difference {
  /** Counts from 1. */
  readonly step: number
  /** What each run did there, its notes first; empty when that run had ended. */
  readonly first: readonly string[]
  readonly second: readonly string[]
  /** Where the process called its host when the first difference arose, or scheduled the step that differs. */
  readonly places: readonly string[]
  readonly cause: DifferenceCause
}

/**
 * What makes two runs differ, found by making the run again: in the first's time zone, and in a program of its own. `machine`: its clock, its
 * randomness, the order in which something real happens.
 */
export type DifferenceCause = 'time zone' | 'module state' | 'machine'

export interface DeterminismReport {
  /** Of the first run. */
  readonly report: RunReport
  /** The caller ended one of the runs: nothing was compared. */
  readonly isInterrupted: boolean
  readonly difference: Difference | null
}

/** The trace hash after a number of steps of the same run in a program of its own. */
export type FreshRun = (steps: number) => Promise<string | undefined>

/**
 * Runs twice, the second time in another time zone, and compares the running hash after every step and what the runs found. Both runs share the
 * program, so that state which outlives a run shows as well as clocks, ambient randomness and the zone. A shorter second run is a difference too.
 */
export async function checkDeterminism(request: RunRequest, freshRun: FreshRun): Promise<DeterminismReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-'))
  try {
    const file = new TraceFile(path.join(folder, 'first.jsonl'))
    const hashes = new HashRecorder()
    const report = await run({ ...request, trace: traceTo([file, hashes]) })
    file.close()
    const isAborted = () => request.signal?.aborted === true
    if (isAborted()) return { report, isInterrupted: true, difference: null }
    const comparer = await inOtherZone(() => compare(request, hashes, report))
    if (isAborted()) return { report, isInterrupted: true, difference: null }
    if (!comparer.isDifferent) return { report, isInterrupted: false, difference: null }
    const step = comparer.index + 1
    const first = await stepOf(file.path, step)
    const places =
      comparer.place === undefined ? await schedulersOf(request, isSameStep(first.record, comparer.record) ? step : comparer.cause) : [comparer.place]
    const cause = await causeOf(request, step, hashes.at(comparer.index), freshRun)
    return { report, isInterrupted: false, difference: { step, first: first.lines, second: comparer.lines, places, cause } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compare(request: RunRequest, hashes: HashRecorder, first: RunReport): Promise<HashComparer> {
  const comparer = new HashComparer(hashes)
  const caller = request.signal
  const second = await run({ ...request, trace: comparer, signal: caller ? AbortSignal.any([caller, comparer.signal]) : comparer.signal })
  comparer.finish(verdictOf(first), verdictOf(second))
  return comparer
}

/** What a run found, as one text: equal traces must be judged equally. */
const verdictOf = ({ outcome, violation }: RunReport): string =>
  violation === undefined ? outcome : `${outcome}: ${violation.check}: ${violation.message} (step ${violation.step})`

async function causeOf(request: RunRequest, step: number, hash: string | undefined, freshRun: FreshRun): Promise<DifferenceCause> {
  if (hash === undefined) return 'machine'
  const again = await run({ ...request, untilStep: step })
  if (again.steps === step && again.traceHash === hash) return 'time zone'
  return (await freshRun(step)) === hash ? 'module state' : 'machine'
}

/** Whether the runs came to the step in the same way: then they part in what it does. */
function isSameStep(first: TraceRecord | null, second: TraceRecord | null): boolean {
  if (first === null || second === null) return false
  return first.at === second.at && first.kind === second.kind && first.host === second.host && first.cause === second.cause && first.detail === second.detail
}

/** The places that schedule something in a step. */
async function schedulersOf(request: RunRequest, step: number): Promise<string[]> {
  if (step < 1) return []
  const watcher = new ScheduleWatcher(step)
  await run({ ...request, trace: watcher, untilStep: step })
  return [...watcher.places].slice(0, shownPlaces)
}

const shownPlaces = 4

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

/** The hash after every step and every note, as two words each. */
class HashRecorder implements TraceSink {
  readonly #steps = new HashList()
  readonly #notes = new HashList()

  get length(): number {
    return this.#steps.length
  }

  step({ hash }: TraceRecord): void {
    this.#steps.push(hash)
  }

  note({ hash }: TraceRecord): void {
    this.#notes.push(hash)
  }

  at(index: number): string | undefined {
    return this.#steps.at(index)
  }

  noteAt(index: number): string | undefined {
    return this.#notes.at(index)
  }
}

class HashList {
  #words = new Uint32Array(1 << 12)
  length = 0

  push(hash: string): void {
    if (this.length * 2 === this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2)
      grown.set(this.#words)
      this.#words = grown
    }
    this.#words[this.length * 2] = Number.parseInt(hash.slice(0, 8), 16)
    this.#words[this.length * 2 + 1] = Number.parseInt(hash.slice(8), 16)
    this.length++
  }

  at(index: number): string | undefined {
    if (index >= this.length) return undefined
    const word = (offset: number): string => this.#words[index * 2 + offset]!.toString(16).padStart(8, '0')
    return word(0) + word(1)
  }
}

/** Compares a second run while it goes on, and stops it at the first difference. */
class HashComparer implements TraceSink {
  readonly #controller = new AbortController()
  readonly #first: HashRecorder
  #lines: string[] = []
  #notes = 0
  index = 0
  isDifferent = false
  lines: readonly string[] = []
  /** Where the process was when a note of it differed first. */
  place: string | undefined
  /** The step that differs. */
  record: TraceRecord | null = null

  constructor(first: HashRecorder) {
    this.#first = first
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The step that scheduled the one that differs. */
  get cause(): number {
    return this.record?.cause ?? 0
  }

  step(record: TraceRecord): void {
    if (this.isDifferent) return
    if (this.place === undefined && this.#first.at(this.index) === record.hash) {
      this.index++
      this.#lines = []
      return
    }
    this.isDifferent = true
    this.record = record
    this.lines = [...this.#lines, traceLine(record, false)]
    this.#controller.abort()
  }

  note(record: TraceRecord): void {
    if (this.isDifferent) return
    this.#lines.push(traceLine(record, true))
    if (this.place === undefined && this.#first.noteAt(this.#notes) !== record.hash) this.place = callerOf(this.note)
    this.#notes++
  }

  /** The second run has ended; when it did so early, or found something else, that is the difference. */
  finish(first: string, second: string): void {
    if (this.isDifferent) return
    if (this.index < this.#first.length) this.isDifferent = true
    else if (first !== second) {
      this.isDifferent = true
      this.lines = [`found ${second}`, `and not ${first}: what judges the run differs, not the run`]
    }
  }
}

/** Notes who schedules an event in one step. */
class ScheduleWatcher implements TraceSink {
  readonly places = new Set<string>()

  constructor(readonly watched: number) {}

  begin({ kernel }: TracedRun): void {
    const { queue } = kernel
    const schedule = queue.schedule.bind(queue)
    const watch: typeof schedule = (...words) => {
      if (kernel.steps === this.watched && kernel.life !== null) {
        const [, kind, , , , , , channel] = words
        const place = callerOf(watch) ?? (kind === reply && channel instanceof Channel ? answerOn(channel) : undefined)
        if (place !== undefined) this.places.add(place)
      }
      return schedule(...words)
    }
    queue.schedule = watch
  }

  step(): void {}
}

/** A handler that has returned stands on no stack: where it was written is what there is to tell. */
function answerOn({ link, type }: Channel): string {
  const handler = link.from.receiver?.handlers[type.id]
  const place = handler && placeOfFunction(handler.handle)
  return `in ${link.from.name}'s answer to ${type.name}${place === undefined ? '' : `, whose handler is at ${place}`}`
}

/** Where a process called what at last called this function. */
function callerOf(called: (...words: never[]) => unknown): string | undefined {
  const error = new Error('a place')
  Error.captureStackTrace(error, called)
  return placeOf(error)
}

/** The n-th step of a trace file, null where there is none, and its records as lines for people. */
async function stepOf(file: string, step: number): Promise<{ record: TraceRecord | null; lines: readonly string[] }> {
  let seen = 0
  const lines: string[] = []
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const { number, note, ...rest } = JSON.parse(text) as TraceRecord & { number: number; note?: true }
    const record = { ...rest, step: number }
    if (seen === step - 1) lines.push(traceLine(record, note === true))
    if (note !== true && ++seen === step) return { record, lines }
  }
  return { record: null, lines }
}
