import { show } from '../show.js'
import { ownModel } from './own-model.js'
import type { Key } from './register-models.js'
import { rejected, type SequentialModel } from './sequential-model.js'

export type BankOp =
  | { readonly f: 'transfer'; readonly from: Key; readonly to: Key; readonly amount: number }
  /** Of one account, or of all. */
  | { readonly f: 'read'; readonly account?: Key }

export interface BankOptions {
  /** What each account holds at first; 0 those that are not named. */
  readonly accounts?: Readonly<Record<string, number>>
  /** Whether a balance may fall below zero: false when not given. */
  readonly mayOverdraw?: boolean
}

/**
 * A bank: a transfer answers `true`, or `false` when it was refused; it is refused only for want of money. A read answers one balance, or the balances of
 * all accounts as an object (those that it leaves out are 0).
 */
export function bank({ accounts = {}, mayOverdraw = false }: BankOptions = {}): SequentialModel<BankOp, unknown> {
  return ownModel<BankOp, unknown, Readonly<Record<string, number>>>({
    name: 'bank',
    initial: withoutZeros(accounts),
    apply(state, op, answer) {
      if (op.f === 'read') return answer.kind === 'unknown' || shows(state, op.account, answer.result) ? state : rejected
      const isCovered = mayOverdraw || (state[op.from] ?? 0) >= op.amount
      if (answer.kind === 'ok' && answer.result === false) return isCovered ? rejected : state
      if (!isCovered) return answer.kind === 'ok' ? rejected : state
      if (String(op.from) === String(op.to)) return state
      return withoutZeros({ ...state, [op.from]: (state[op.from] ?? 0) - op.amount, [op.to]: (state[op.to] ?? 0) + op.amount })
    },
    reads: (op) => op.f === 'read',
    tell(op, answer) {
      if (op.f === 'transfer') {
        const what = `${op.amount} from ${show(op.from)} to ${show(op.to)}`
        return answer.kind === 'ok' && answer.result === false ? `was refused to transfer ${what}` : `transferred ${what}`
      }
      const where = op.account === undefined ? 'all accounts' : `account ${show(op.account)}`
      return answer.kind === 'ok' ? `read ${show(answer.result)} of ${where}` : `asked for ${where}`
    },
    noun: (op) => (op.f === 'transfer' ? `transfer of ${op.amount} from ${show(op.from)} to ${show(op.to)}` : 'read'),
  })
}

const withoutZeros = (balances: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(balances).filter(([, balance]) => balance !== 0))

function shows(state: Readonly<Record<string, number>>, account: Key | undefined, result: unknown): boolean {
  if (account !== undefined) return result === (state[account] ?? 0)
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return false
  const shown = withoutZeros(result as Record<string, number>)
  const names = Object.keys(shown)
  return names.length === Object.keys(state).length && names.every((name) => Object.hasOwn(state, name) && state[name] === shown[name])
}
