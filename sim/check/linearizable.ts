import { Misuse } from '../host/errors.js'
import type { Nanos } from '../host/seam.js'
import type { Judge, OperationRecord } from './history.js'
import { answerOf, search } from './linearization-search.js'
import { type ModelName, type ModelOp, models, rejected, type SequentialModel } from './models.js'

export interface LinearizableOptions {
  /** How often a model may be applied before the answer is `unknown`: counted, not timed, so that every machine gives the same answer. 20 million when not given. */
  readonly maxSteps?: number
}

export type Linearizability<Op, Result> =
  | { readonly verdict: 'yes'; readonly steps: number }
  | {
      readonly verdict: 'no' | 'unknown'
      readonly steps: number
      /** The longest linearizable prefix of the partition at fault, in an order that explains it. */
      readonly prefix: readonly OperationRecord<Op, Result>[]
      /** The first answer that no order explains, or at which the search was given up. */
      readonly at: OperationRecord<Op, Result>
      /** What `at` contradicts, in words. */
      readonly message: string
    }

/**
 * A judge for workloads: every answer must be explained by one order of the operations, in which each takes effect between its invocation and its answer
 * (Herlihy and Wing, "Linearizability", 1990). An operation with an unknown outcome may take effect at any time after its invocation, or never; a failed one never
 * does. A history too hard to decide within the steps is an error too, and says so.
 *
 * @example
 * workload({ …, judge: linearizable('register') })
 */
export function linearizable<N extends ModelName>(model: N, options?: LinearizableOptions): Judge<ModelOp<N>, unknown>
export function linearizable<Op, Result>(model: SequentialModel<Op, Result>, options?: LinearizableOptions): Judge<Op, Result>
export function linearizable(model: ModelName | SequentialModel<never, unknown>, options: LinearizableOptions = {}): Judge<never, unknown> {
  const chosen = typeof model === 'string' ? named(model) : model
  return (history) => {
    const found = checkLinearizable(chosen, history, options)
    if (found.verdict === 'yes') return undefined
    const check = `${found.verdict === 'no' ? 'not linearizable' : 'linearizability undecided'} (${chosen.name})`
    return { check, message: found.message, record: found.at }
  }
}

/** Checks a history, ordered by invocation, partition by partition; of several partitions at fault the one with the earliest unexplained answer is told. */
export function checkLinearizable<Op, Result>(
  model: SequentialModel<Op, Result>,
  history: readonly OperationRecord<Op, Result>[],
  options: LinearizableOptions = {},
): Linearizability<Op, Result> {
  const maxSteps = options.maxSteps ?? 20_000_000
  let steps = 0
  let worst: Exclude<Linearizability<Op, Result>, { verdict: 'yes' }> | undefined
  for (const records of partitions(model, history)) {
    const found = search(model, records, maxSteps - steps)
    steps += found.steps
    if (found.verdict === 'yes') continue
    const at = records[found.at!]!
    if (worst && !isWorse(found.verdict, at, worst)) continue
    const prefix = found.order.map((index) => records[index]!)
    const message = found.verdict === 'no' ? explain(model, prefix, at) : `undecided after ${grouped(steps)} steps, at ${tell(model, at)}`
    worst = { verdict: found.verdict, steps, prefix, at, message }
  }
  return worst ? { ...worst, steps } : { verdict: 'yes', steps }
}

function isWorse(
  verdict: 'no' | 'unknown',
  at: OperationRecord<unknown, unknown>,
  than: { verdict: 'no' | 'unknown'; at: OperationRecord<unknown, unknown> },
): boolean {
  if (verdict !== than.verdict) return verdict === 'no'
  return at.completedAtStep! < than.at.completedAtStep!
}

function named(name: string): SequentialModel<never, unknown> {
  if (!Object.hasOwn(models, name)) throw new Misuse(`no model is named '${name}': there are ${Object.keys(models).join(', ')}`)
  return models[name as ModelName]()
}

function partitions<Op, Result>(
  model: SequentialModel<Op, Result>,
  history: readonly OperationRecord<Op, Result>[],
): Iterable<readonly OperationRecord<Op, Result>[]> {
  if (!model.partition) return [history]
  const byKey = new Map<string | number, OperationRecord<Op, Result>[]>()
  for (const record of history) {
    const key = model.partition(record.op)
    const records = byKey.get(key)
    if (records) records.push(record)
    else byKey.set(key, [record])
  }
  return byKey.values()
}

/** Names the operation that pins the state which `at` contradicts: the one that made it, if it was answered before `at` began, or else the first that saw it. */
function explain<Op, Result>(model: SequentialModel<Op, Result>, prefix: readonly OperationRecord<Op, Result>[], at: OperationRecord<Op, Result>): string {
  let state = model.initial
  let since = 0
  for (const [index, record] of prefix.entries()) {
    const next = model.apply(state, record.op, answerOf(model, record), record.client)
    if (next === rejected) throw new Misuse(`model ${model.name} answers differently when it is asked again`)
    if (next !== state) since = index
    state = next
  }
  for (let index = since; index < prefix.length; index++) {
    const record = prefix[index]!
    if (answerOf(model, record).kind === 'unknown' || record.completedAtStep === null || record.completedAtStep > at.invokedAtStep) continue
    const evidence = index === since && !model.reads?.(record.op) ? `${client(record)}'s ${model.noun(record.op)} was acknowledged` : did(model, record)
    return `${did(model, at)} at ${seconds(at.completedAt!, record.completedAt!)}, after ${evidence} at ${seconds(record.completedAt!, at.completedAt!)}`
  }
  return `${tell(model, at)}, which no order of the operations until then explains`
}

const client = (record: OperationRecord<unknown, unknown>): string => `client-${record.client}`

function did<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): string {
  return `${client(record)} ${model.tell(record.op, answerOf(model, record))}`
}

function tell<Op, Result>(model: SequentialModel<Op, Result>, record: OperationRecord<Op, Result>): string {
  return `${did(model, record)} at ${seconds(record.completedAt!, record.completedAt!)}`
}

/** Milliseconds suffice, unless they would hide a difference. */
function seconds(at: Nanos, beside: Nanos): string {
  const digits = at !== beside && Math.floor(at / 1_000_000) === Math.floor(beside / 1_000_000) ? 9 : 3
  return `${(at / 1_000_000_000).toFixed(digits)} s`
}

/** 20000000 as 20,000,000. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
