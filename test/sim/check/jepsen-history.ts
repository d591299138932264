import type { OperationOutcome, OperationRecord } from '../../../sim/check/history.js'
import type { CasRegisterOp, KvOp } from '../../../sim/check/models.js'

type Builder<Op> = Omit<OperationRecord<Op, unknown>, 'completedAtStep' | 'completedAt' | 'outcome'> & {
  completedAtStep: number | null
  completedAt: number | null
  outcome: OperationOutcome<unknown>
}

/** Gathers invocations and answers, in the order of a log's lines, into records. */
class HistoryBuilder<Op> {
  readonly records: Builder<Op>[] = []
  readonly #open = new Map<number, Builder<Op>>()
  #line = 0

  invoke(client: number, op: Op): void {
    const step = ++this.#line
    const record: Builder<Op> = {
      client,
      op,
      invokedAtStep: step,
      invokedAt: step * 1_000_000,
      completedAtStep: null,
      completedAt: null,
      outcome: { kind: 'unknown' },
    }
    this.records.push(record)
    this.#open.set(client, record)
  }

  answer(client: number, outcome: OperationOutcome<unknown>): void {
    const step = ++this.#line
    const record = this.#open.get(client)
    if (!record) throw new Error(`line ${step}: process ${client} has nothing open`)
    this.#open.delete(client)
    record.completedAtStep = step
    record.completedAt = step * 1_000_000
    record.outcome = outcome
  }
}

/** Jepsen's log of an etcd register with read, write and compare-and-set. */
export function readEtcdLog(text: string): OperationRecord<CasRegisterOp, unknown>[] {
  const history = new HistoryBuilder<CasRegisterOp>()
  const started = new Map<number, CasRegisterOp>()
  for (const line of text.split('\n')) {
    const fields = /- (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/.exec(line)
    if (!fields) continue
    const [, processText, type, f, value] = fields as unknown as [string, string, string, string, string]
    const client = Number(processText)
    if (type === 'invoke') {
      const op = etcdOp(f, value)
      started.set(client, op)
      history.invoke(client, op)
    } else if (type === 'info') {
      history.answer(client, { kind: 'unknown' })
    } else if (f === 'read') {
      history.answer(client, type === 'ok' ? { kind: 'ok', result: value === 'nil' ? null : Number(value) } : { kind: 'fail', error: value })
    } else {
      history.answer(client, f === 'write' && type === 'fail' ? { kind: 'fail', error: value } : { kind: 'ok', result: type === 'ok' })
    }
  }
  return history.records
}

function etcdOp(f: string, value: string): CasRegisterOp {
  if (f === 'read') return { f }
  if (f === 'write') return { f, value: Number(value) }
  const pair = /\[(\d+) (\d+)\]/.exec(value)
  if (!pair) throw new Error(`not a pair: ${value}`)
  return { f: 'cas', from: Number(pair[1]), to: Number(pair[2]) }
}

/** Jepsen's log of a key-value server with get, put and append. */
export function readKvLog(text: string): OperationRecord<KvOp, unknown>[] {
  const history = new HistoryBuilder<KvOp>()
  for (const line of text.split('\n')) {
    const fields = /:process (\d+), :type :(invoke|ok), :f :(get|put|append), :key "([^"]*)", :value (?:nil|"([^"]*)")/.exec(line)
    if (!fields) continue
    const [, processText, type, f, key, value = ''] = fields as unknown as [string, string, string, 'get' | 'put' | 'append', string, string | undefined]
    const client = Number(processText)
    if (type === 'invoke') history.invoke(client, f === 'get' ? { f, key } : { f, key, value })
    else history.answer(client, { kind: 'ok', result: f === 'get' ? value : null })
  }
  return history.records
}
