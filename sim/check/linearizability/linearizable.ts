import { Misuse } from '../../host/errors.js'
import type { History, HistoryFault, HistoryWatch, Judge, OperationRecord } from '../history.js'
import { explain, undecided } from './explain.js'
import { LinearizationSearch } from './linearization-search.js'
import { type ModelName, type ModelOp, models, type SequentialModel } from './models.js'
import { defaultMaxSteps, type KeySearch, type SearchBudget, searchInTurns } from './search-in-turns.js'

export interface LinearizableOptions extends SearchBudget {}

export type Linearizability<Op, Result> =
  | { readonly verdict: 'yes'; readonly steps: number; readonly partitions: number }
  | {
      readonly verdict: 'no' | 'unknown'
      readonly steps: number
      readonly partitions: number
      /** Whose fault it is; undefined when the model has no partitions. */
      readonly partition: string | number | undefined
      /** The longest linearizable prefix of the partition at fault, in an order that explains it. */
      readonly prefix: History<Op, Result>
      /** The first answer that no order explains, or at which the search was given up. */
      readonly at: OperationRecord<Op, Result>
      /** The operations of the partition that were open at that answer, itself included. */
      readonly open: History<Op, Result>
      /** What `at` contradicts, in words. */
      readonly message: string
    }

/**
 * A judge for workloads: every answer must be explained by one order of the operations, in which each takes effect between its invocation and its answer
 * (Herlihy and Wing, "Linearizability", 1990). An operation with an unknown outcome may take effect at any time after its invocation, or never; a failed one never
 * does. A history too hard to decide within the steps is an error too, and says so. In a run, operations are judged as they are answered, so that the run ends
 * soon after the first answer that cannot be.
 *
 * @example
 * workload({ …, judge: linearizable('register') })
 */
export function linearizable<N extends ModelName>(model: N, options?: LinearizableOptions): Judge<ModelOp<N>, unknown>
export function linearizable<Op, Result>(model: SequentialModel<Op, Result>, options?: LinearizableOptions): Judge<Op, Result>
export function linearizable(model: ModelName | SequentialModel<never, unknown>, options: LinearizableOptions = {}): Judge<never, unknown> {
  const chosen = typeof model === 'string' ? named(model) : model
  const judge = (history: History<never, unknown>) => {
    const found = checkLinearizable(chosen, history, options)
    return found.verdict === 'yes' ? undefined : faultOf(chosen, found.verdict, found.message, found.at)
  }
  return Object.assign(judge, { watch: () => watchLinearizable(chosen, options) })
}

/**
 * Checks a history, ordered by invocation. Partitions take turns, so that a hard one does not keep the others waiting, and the first found at fault ends the
 * search; of several found in the same turn the one with the earliest unexplained answer is told.
 */
export function checkLinearizable<Op, Result>(
  model: SequentialModel<Op, Result>,
  history: History<Op, Result>,
  options: LinearizableOptions = {},
): Linearizability<Op, Result> {
  const parts = partitionsOf(model, history)
  const { steps, faults, undecided: left } = searchInTurns(model, parts, options)
  const partitions = parts.length
  const verdict = faults.length > 0 ? 'no' : left.length > 0 ? 'unknown' : 'yes'
  if (verdict === 'yes') return { verdict, steps, partitions }
  const worst = earliest(faults.length > 0 ? faults : left)
  const { search, key } = worst
  const { order, open } = search.result()
  const prefix = order.map((operation) => search.record(operation))
  const at = breakOf(search)
  const message = verdict === 'no' ? explain(model, prefix, at) : undecided(model, at, steps)
  return { verdict, steps, partitions, partition: key, prefix, at, open: open.map((operation) => search.record(operation)), message }
}

/**
 * Judges a history while it grows. Each answer is judged as soon as nothing is open on its partition that was open then; the cost is that of judging the whole
 * history once.
 */
export function watchLinearizable<Op, Result>(model: SequentialModel<Op, Result>, options: LinearizableOptions = {}): HistoryWatch<Op, Result> {
  const { maxSteps = defaultMaxSteps } = options
  const searches = new Map<string | number | undefined, LinearizationSearch<Op, Result>>()
  const open = new Map<OperationRecord<Op, Result>, { readonly search: LinearizationSearch<Op, Result>; readonly operation: number }>()
  let steps = 0
  return {
    invoked(record) {
      const key = model.partition?.(record.op)
      let search = searches.get(key)
      if (search === undefined) {
        search = new LinearizationSearch(model)
        searches.set(key, search)
      }
      open.set(record, { search, operation: search.invoked(record) })
    },
    completed(record) {
      const begun = open.get(record)
      if (begun === undefined) throw new Misuse('an operation of a history ends that never began')
      open.delete(record)
      const { search, operation } = begun
      search.completed(operation)
      // What is too hard now is left to the judge in the end.
      if (steps >= maxSteps) return undefined
      const before = search.steps
      const verdict = search.advance(Math.min(stepsAtOnce, maxSteps - steps))
      steps += search.steps - before
      if (verdict !== 'no') return undefined
      const prefix = search.result().order.map((one) => search.record(one))
      const at = breakOf(search)
      return faultOf(model, 'no', explain(model, prefix, at), at)
    },
  }
}

/** What one answer may cost at once; the rest is done at the next. */
const stepsAtOnce = 100_000

function faultOf(model: { readonly name: string }, verdict: 'no' | 'unknown', message: string, record: OperationRecord<unknown, unknown>): HistoryFault {
  return { check: `${verdict === 'no' ? 'not linearizable' : 'linearizability undecided'} (${model.name})`, message, record }
}

/** The answer at which the search ended. */
function breakOf<Op, Result>(search: LinearizationSearch<Op, Result>): OperationRecord<Op, Result> {
  return search.record(search.result().at!)
}

function earliest<Op, Result>(searches: readonly KeySearch<Op, Result>[]): KeySearch<Op, Result> {
  return searches.reduce((a, b) => (breakOf(b.search).completedAtStep! < breakOf(a.search).completedAtStep! ? b : a))
}

export function named(name: string): SequentialModel<never, unknown> {
  if (!Object.hasOwn(models, name)) throw new Misuse(`no model is named '${name}': there are ${Object.keys(models).join(', ')}`)
  return models[name as ModelName]()
}

function partitionsOf<Op, Result>(
  model: SequentialModel<Op, Result>,
  history: History<Op, Result>,
): { readonly key: string | number | undefined; readonly records: History<Op, Result> }[] {
  if (!model.partition) return [{ key: undefined, records: history }]
  const byKey = new Map<string | number, OperationRecord<Op, Result>[]>()
  for (const record of history) {
    const key = model.partition(record.op)
    const records = byKey.get(key)
    if (records) records.push(record)
    else byKey.set(key, [record])
  }
  return [...byKey].map(([key, records]) => ({ key, records }))
}
