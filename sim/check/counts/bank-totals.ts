import { HistoryError } from '../history/history-error.js'
import type { History } from '../history.js'
import type { BankOp } from '../linearizability/models.js'
import { show } from '../show.js'
import { type Finding, nameOf } from './finding.js'

export interface BankTotalsOptions {
  /** What all accounts hold together; what the first read shows when not given. */
  readonly total?: number
  /** Accounts that a read must show; any when not given. */
  readonly accounts?: readonly (string | number)[]
  /** Whether a balance may be below zero: false when not given. */
  readonly mayOverdraw?: boolean
}

/**
 * Jepsen's bank: transfers move money between accounts, so every read of all accounts shows the same total (`wrong-total`), no balance below zero
 * (`negative`), and all accounts (`missing-account`, `unexpected-account`). Weaker than the model `bank`, and cheap at any size: it holds under snapshot
 * isolation.
 */
export function checkBankTotals(history: History<BankOp, unknown>, { total, accounts, mayOverdraw = false }: BankTotalsOptions = {}): Finding[] {
  let expected = total
  const known = accounts && new Set(accounts.map(String))
  return history.flatMap((record): Finding[] => {
    if (record.op.f !== 'read' || record.op.account !== undefined || record.outcome.kind !== 'ok') return []
    const { result } = record.outcome
    if (typeof result !== 'object' || result === null || Array.isArray(result))
      throw new HistoryError(`${nameOf(record)} shows ${show(result)}, and a read of a bank shows an object of balances`)
    const balances = Object.entries(result) as [string, unknown][]
    const findings: Finding[] = []
    const report = (name: string, what: string): void => void findings.push({ name, message: `${nameOf(record)} ${what}`, record })
    for (const account of known ?? []) if (!Object.hasOwn(result, account)) report('missing-account', `does not show account ${account}`)
    let sum = 0
    for (const [account, balance] of balances) {
      if (typeof balance !== 'number') throw new HistoryError(`${nameOf(record)} shows ${show(balance)} of account ${account}, which is no number`)
      if (known && !known.has(account)) report('unexpected-account', `shows account ${account}, which there is not`)
      if (balance < 0 && !mayOverdraw) report('negative', `shows ${balance} of account ${account}`)
      sum += balance
    }
    expected ??= sum
    if (sum !== expected) report('wrong-total', `shows ${show(result)}, which is ${sum} together, and not ${expected}`)
    return findings
  })
}
