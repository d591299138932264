import { show } from '../show.js'
import type { Key } from './register-models.js'
import { rejected, type SequentialModel } from './sequential-model.js'

export type LockOp = { readonly f: 'acquire'; readonly name?: Key } | { readonly f: 'release'; readonly name?: Key }

/**
 * Locks without expiry, held by clients, not reentrant. `true` says that the lock was free and is now the client's, or was the client's and is now free;
 * `false` says that nothing was changed, for whatever reason (an acquire may be refused because the lock is held, or because the service is busy).
 */
export function lock(): SequentialModel<LockOp, unknown> {
  const free = null
  return {
    name: 'lock',
    initial: free,
    apply(state, op, answer, client) {
      if (answer.kind === 'ok' && answer.result === false) return state
      if (op.f === 'acquire') return state === free ? client : rejected
      return state === client ? free : rejected
    },
    partition: (op) => op.name ?? '',
    tell(op, answer) {
      const name = op.name === undefined ? 'the lock' : `lock ${show(op.name)}`
      if (answer.kind === 'unknown') return `tried to ${op.f} ${name}`
      if (answer.result === false) return `was refused to ${op.f} ${name}`
      return `${op.f}d ${name}`
    },
    noun: (op) => `${op.f === 'acquire' ? 'acquisition' : 'release'} of ${op.name === undefined ? 'the lock' : `lock ${show(op.name)}`}`,
  }
}
