import { HistoryError } from '../history/history-error.js'
import type { Dialect, HistoryEvent } from '../history/history-event.js'
import { acknowledged, answered, written } from '../linearizability/model-dialects.js'
import { show } from '../show.js'
import type { CounterOp } from './counter.js'
import type { GrowSetOp } from './grow-set.js'
import type { GenerateOp } from './unique-ids.js'

function unknownOperation({ f, line }: HistoryEvent, model: string, names: string): never {
  throw new HistoryError(`'${f}' is no operation of ${model}: there are ${names}`, line)
}

export const growSetDialect: Dialect<GrowSetOp, unknown> = {
  read(invocation, completion) {
    const { f, value } = invocation
    if (f === 'add') return { op: { f, value }, outcome: acknowledged(completion) }
    if (f === 'read') return { op: { f }, outcome: answered(completion, (event) => event.value) }
    return unknownOperation(invocation, 'a grow-only set', 'add, read')
  },
  write: (op, outcome) => (op.f === 'add' ? written('add', op.value, outcome, () => op.value) : written('read', null, outcome, (result) => result)),
}

export const counterDialect: Dialect<CounterOp, unknown> = {
  read(invocation, completion) {
    const { f, value, line } = invocation
    if (f === 'read') return { op: { f }, outcome: answered(completion, (event) => event.value) }
    if (f !== 'add') return unknownOperation(invocation, 'a counter', 'add, read')
    if (typeof value !== 'number') throw new HistoryError(`an add of a counter takes a number, not ${show(value)}`, line)
    return { op: { f, value }, outcome: acknowledged(completion) }
  },
  write: (op, outcome) => (op.f === 'add' ? written('add', op.value, outcome, () => op.value) : written('read', null, outcome, (result) => result)),
}

export const uniqueIdsDialect: Dialect<GenerateOp, unknown> = {
  read(invocation, completion) {
    if (invocation.f !== 'generate') return unknownOperation(invocation, 'unique identifiers', 'generate')
    return { op: { f: 'generate' }, outcome: answered(completion, ({ value }) => value) }
  },
  write: (_, outcome) => written('generate', null, outcome, (result) => result),
}
