import fc from 'fast-check'
import type { OperationRecord } from '../../../../sim/check/history.js'
import type { MicroOp, TransactionOp, TransactionRecord, TransactionResult } from '../../../../sim/check/transactions/transaction.js'
import { ms } from '../../../../sim/host/durations.js'

export type Fate = 'ok' | 'fail' | 'unknown'

/** A transaction over steps of the history, a millisecond each; `shown` is what its reads were answered. */
export function transaction(client: number, invoked: number, completed: number, shown: readonly MicroOp[], fate: Fate = 'ok'): TransactionRecord {
  const asked = shown.map((step) => (step[0] === 'r' || step[0] === 'scan' ? ([step[0], step[1], null] as MicroOp) : step))
  const op: TransactionOp = { f: 'txn', value: asked }
  const outcome: OperationRecord<TransactionOp, TransactionResult>['outcome'] =
    fate === 'ok' ? { kind: 'ok', result: shown } : fate === 'fail' ? { kind: 'fail', error: 'aborted' } : { kind: 'unknown' }
  const isOpen = fate === 'unknown'
  return {
    client,
    op,
    invokedAtStep: invoked,
    invokedAt: ms(invoked),
    completedAtStep: isOpen ? null : completed,
    completedAt: isOpen ? null : ms(completed),
    outcome,
  }
}

export type Order = 'none' | 'session' | 'realtime'

/**
 * Whether there is any order of the committed transactions, and of some of those of unknown outcome, in which every read shows what one copy would have
 * shown: all orders are tried. `order` says which must be kept.
 */
export function isSerializable(history: readonly TransactionRecord[], order: Order): boolean {
  const all = history.filter(({ outcome }) => outcome.kind !== 'fail')
  const mustPrecede = (a: TransactionRecord, b: TransactionRecord): boolean => {
    if (a === b || a.outcome.kind !== 'ok') return false
    if (order === 'realtime') return a.completedAtStep! < b.invokedAtStep
    return order === 'session' && a.client === b.client && a.completedAtStep! < b.invokedAtStep
  }
  const go = (left: readonly TransactionRecord[], state: ReadonlyMap<string, unknown>): boolean => {
    if (!left.some(({ outcome }) => outcome.kind === 'ok')) return true
    return left.some((one) => {
      const rest = left.filter((other) => other !== one)
      if (one.outcome.kind === 'unknown' && go(rest, state)) return true
      if (rest.some((other) => mustPrecede(other, one))) return false
      const next = applied(state, one)
      return next !== undefined && go(rest, next)
    })
  }
  return go(all, new Map())
}

/** The state after a transaction; undefined when its reads show another. */
function applied(state: ReadonlyMap<string, unknown>, { op, outcome }: TransactionRecord): ReadonlyMap<string, unknown> | undefined {
  const next = new Map(state)
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
  for (const [f, key, value] of outcome.kind === 'ok' ? outcome.result : op.value) {
    const name = String(key)
    if (f === 'append') next.set(name, [...((next.get(name) as unknown[] | undefined) ?? []), value])
    else if (f === 'w') next.set(name, value)
    else if (outcome.kind !== 'ok') continue
    else if (f === 'r' && !isSame(value, next.get(name))) return undefined
    else if (f === 'scan' && [...next].some(([one, held]) => one.startsWith(key ?? '') && !isSame(held, (value as Record<string, unknown>)[one])))
      return undefined
  }
  return next
}

interface Drawn {
  readonly client: number
  readonly from: number
  readonly length: number
  readonly fate: Fate
  readonly steps: readonly { readonly key: string; readonly write: boolean; readonly stale: number }[]
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  client: fc.integer({ min: 0, max: 2 }),
  from: fc.integer({ min: 0, max: 12 }),
  length: fc.integer({ min: 1, max: 12 }),
  fate: fc.constantFrom<Fate>('ok', 'ok', 'ok', 'ok', 'unknown'),
  steps: fc.array(fc.record({ key: fc.constantFrom('x', 'y'), write: fc.boolean(), stale: fc.constantFrom(0, 0, 0, 0, 1, 2) }), { minLength: 1, maxLength: 3 }),
})

/**
 * Histories of a store that runs transactions in some order, and answers some reads from an earlier version: many are serializable, many are not. A client
 * may have several transactions under way; keys of sessions are kept apart by what is asked of them.
 */
export function transactionHistories(f: 'append' | 'w', most: number): fc.Arbitrary<TransactionRecord[]> {
  return fc.array(drawn, { maxLength: most }).map((all) => {
    const versions = new Map<string, unknown[]>([
      ['x', [null]],
      ['y', [null]],
    ])
    let values = 0
    const busyUntil = new Map<number, number>()
    const records = all.map(({ client, from, length, fate, steps }, place) => {
      const own = new Map<string, unknown>()
      const shown = steps.map(({ key, write, stale }): MicroOp => {
        const known = versions.get(key)!
        if (write) {
          const value = ++values
          const before = own.has(key) ? own.get(key) : known.at(-1)
          own.set(key, f === 'append' ? [...((before as unknown[] | null) ?? []), value] : value)
          return [f, key, value]
        }
        return ['r', key, own.has(key) ? own.get(key) : known[Math.max(0, known.length - 1 - stale)]]
      })
      if (fate === 'ok' || values % 2 === 0) for (const [key, value] of own) versions.get(key)!.push(value)
      const begins = Math.max(from, busyUntil.get(client) ?? 0) * 10 + place
      const ends = begins + length * 10
      busyUntil.set(client, Math.ceil(ends / 10) + 1)
      return transaction(client, begins, ends, shown, fate)
    })
    return records.sort((a, b) => a.invokedAtStep - b.invokedAtStep)
  })
}
