import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { HistoryError } from '../sim/check/history/history-error.js'
import { formatOf, type HistoryFormat, readHistory } from '../sim/check/history/read-history.js'
import { historyToEdn, historyToEventLines, historyToJsonLines } from '../sim/check/history/write-history.js'
import type { History, OperationRecord } from '../sim/check/history.js'
import { type HistoryModel, historyModel, historyModels, type JudgedHistory, judgeHistory } from '../sim/check/judging/judge-history.js'
import { answerOf } from '../sim/check/linearizability/search-events.js'
import type { PictureOptions } from '../sim/check/picture/picture.js'
import { historyAsSvg } from '../sim/check/picture/svg-picture.js'
import { historyAsText } from '../sim/check/picture/text-picture.js'
import type { Nanos } from '../sim/host/seam.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { nearest } from '../sim/report/nearest.js'
import { BadInput } from './bad-input.js'
import type { Terminal } from './terminal.js'

export interface JudgeFlags {
  readonly model: string
  readonly consistency?: string
  readonly format?: HistoryFormat
  readonly time?: Nanos
  readonly steps?: number
  readonly subscribe?: boolean
  readonly writeOrder?: boolean
  readonly picture?: boolean
  readonly svg?: string
  readonly to?: string
  readonly json?: boolean
}

/** `judge HISTORY…`: whether histories from anywhere are what a model allows. The worst verdict is the exit code. */
export function judge(files: readonly string[], flags: JudgeFlags, terminal: Terminal): ExitCode {
  const model = modelNamed(flags.model)
  if (flags.svg !== undefined && files.length > 1) throw new BadInput('--svg draws one history: name one')
  if (flags.to !== undefined && files.length > 1) throw new BadInput('--to writes one history: name one')
  const write = flags.to === undefined ? undefined : writerOf(flags.to)
  const judged = files.map((file) => judgeFile(file, model, flags, write, terminal))
  const worst = (['no', 'unknown', 'yes'] as const).find((verdict) => judged.some((one) => one.verdict === verdict)) ?? 'yes'
  if (flags.json) terminal.out(JSON.stringify({ verdict: worst, histories: judged.map(jsonOf) }, plainly))
  else if (judged.length > 1) terminal.out(`${judged.filter(({ verdict }) => verdict === 'yes').length} of ${judged.length} histories are ${judged[0]!.asked}`)
  return worst === 'no' ? exitCodes.violation : worst === 'unknown' ? exitCodes.undecided : exitCodes.passed
}

interface JudgedFile extends JudgedHistory {
  readonly file: string
  readonly seconds: number
}

function judgeFile(file: string, model: HistoryModel, flags: JudgeFlags, write: Writer | undefined, terminal: Terminal): JudgedFile {
  const began = performance.now()
  const where = path.resolve(terminal.folder, file)
  return withFile(file, () => {
    const text = readText(file, where)
    const history = readHistory(text, model.dialect, flags.format ?? formatOf(text)) as History<unknown, unknown>
    const deadline = began + (flags.time ?? 60e9) / 1e6
    const judged = judgeHistory(flags.model, history, {
      ...(flags.consistency === undefined ? {} : { consistency: flags.consistency }),
      ...(flags.steps === undefined ? {} : { maxSteps: flags.steps }),
      isOutOfTime: () => performance.now() > deadline,
      subscribeBy: flags.subscribe ? 'subscribe' : 'assign',
      writeOrder: flags.writeOrder === true,
    })
    const seconds = (performance.now() - began) / 1e3
    if (!flags.json) tell(file, judged, seconds, terminal)
    const picture = pictureOptions(model, judged)
    if (flags.picture && !flags.json) terminal.out(historyAsText(history, { ...picture, width: terminal.width, paintBreak: terminal.paint.bad }))
    if (flags.svg !== undefined)
      writeText(path.resolve(terminal.folder, flags.svg), historyAsSvg(history, { ...picture, title: judged.message ?? judged.asked }))
    if (flags.to !== undefined && write !== undefined) writeText(path.resolve(terminal.folder, flags.to), write(history, model))
    return { ...judged, file, seconds }
  })
}

function modelNamed(name: string): HistoryModel {
  if (historyModels.has(name)) return historyModel(name)
  const names = [...historyModels.keys()]
  const guess = nearest(name, names)
  throw new BadInput(`there is no model '${name}': ${guess === undefined ? `there are ${names.join(', ')}` : `did you mean ${guess}?`}`)
}

function withFile<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof HistoryError) throw new BadInput(`${file}: ${error.message}`)
    throw error
  }
}

function readText(file: string, where: string): string {
  try {
    return readFileSync(where, 'utf8')
  } catch (error) {
    throw new BadInput(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function writeText(where: string, text: string): void {
  try {
    writeFileSync(where, text)
  } catch (error) {
    throw new BadInput(`${where} cannot be written: ${(error as Error).message}`)
  }
}

type Writer = (history: History<unknown, unknown>, model: HistoryModel) => string

/** By the ending of the file: `.edn` is Jepsen's, `.events.jsonl` the same as JSON, `.jsonl` the records as they are. */
function writerOf(to: string): Writer {
  if (to.endsWith('.edn')) return (history, { dialect }) => historyToEdn(history as History<never, never>, dialect)
  if (to.endsWith('.events.jsonl')) return (history, { dialect }) => historyToEventLines(history as History<never, never>, dialect)
  if (to.endsWith('.jsonl')) return (history) => historyToJsonLines(history)
  throw new BadInput(`--to '${to}' does not say how: its name ends in .edn, .events.jsonl or .jsonl`)
}

function tell(
  file: string,
  { verdict, asked, operations, message, anomalies = [], brokenLevels = [] }: JudgedHistory,
  seconds: number,
  { out, paint }: Terminal,
): void {
  const mark = verdict === 'yes' ? paint.good('✓ yes') : verdict === 'no' ? paint.bad('✗ no') : paint.strong('? unknown')
  out(`${mark}  ${file}  ${asked}  ${operations} operations, ${seconds.toFixed(2)} s`)
  if (message !== undefined) out(`  ${message}`)
  for (const { name, message: more } of anomalies.slice(message === undefined ? 0 : 1, mostTold)) out(`  ${paint.faint(`${name}: ${more}`)}`)
  if (anomalies.length > mostTold) out(`  ${paint.faint(`and ${anomalies.length - mostTold} more`)}`)
  if (brokenLevels.length > 0) out(`  broken levels: ${brokenLevels.join(', ')}`)
}

const mostTold = 12

function pictureOptions({ model }: HistoryModel, { at, prefix }: JudgedHistory): PictureOptions {
  const label = model && ((record: OperationRecord<never, never>) => model.tell(record.op, answerOf(model, record as OperationRecord<never, unknown>)))
  return {
    ...(at === undefined ? {} : { at: at as OperationRecord<never, never> }),
    ...(prefix === undefined ? {} : { order: prefix as History<never, never> }),
    ...(label === undefined ? {} : { label }),
  }
}

function jsonOf({ prefix, open, ...judged }: JudgedFile): Record<string, unknown> {
  return {
    ...judged,
    seconds: Number(judged.seconds.toFixed(3)),
    ...(prefix === undefined ? {} : { prefixLength: prefix.length }),
    ...(open === undefined ? {} : { open }),
  }
}

const plainly = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
