import { type Answer, rejected, type SequentialModel, type State } from '../../sim/check/linearizability/models.js'
import type { VmOperation, VmResult } from './operations.js'

/**
 * The VM API as one copy of it would answer, name by name. A VM that is being deleted is gone at some later moment, of which nobody is told: whoever is answered as
 * if it were gone shows that it is.
 */
export const apiModel: SequentialModel<VmOperation, VmResult> = {
  name: 'vm-api',
  initial: 'none',
  partition: ({ name }) => name,
  reads: ({ f }) => f === 'look',
  apply(state, operation, answer) {
    const refusal = answer.kind === 'ok' && answer.result.kind === 'refused' ? answer.result.why : null
    switch (operation.f) {
      case 'create':
        if (refusal === 'name-in-use') return state === 'none' ? rejected : state
        if (state === 'none' || state === 'deleted') return 'running'
        return answer.kind === 'ok' ? rejected : state
      case 'start':
      case 'stop':
        return change(state, operation.f === 'start' ? 'running' : 'stopped', answer, refusal)
      case 'delete':
        if (refusal === 'no-such-vm') return gone(state)
        if (state === 'none') return answer.kind === 'ok' ? rejected : state
        return 'deleted'
      case 'look': {
        if (answer.kind !== 'ok' || answer.result.kind !== 'desired') return state
        const { desired } = answer.result
        if (desired === null) return gone(state)
        return desired === state ? state : rejected
      }
      default:
        return state
    }
  },
  tell: ({ f, name }, answer) => `${f} ${name}: ${answer.kind === 'ok' ? JSON.stringify(answer.result) : 'no answer'}`,
  noun: ({ f, name }) => `${f} of ${name}`,
}

function change(state: State, to: 'running' | 'stopped', answer: Answer<VmResult>, refusal: string | null): State | typeof rejected {
  if (refusal === 'no-such-vm') return gone(state)
  if (refusal === 'being-deleted') return state === 'deleted' ? state : rejected
  if (state === 'running' || state === 'stopped') return to
  return answer.kind === 'ok' ? rejected : state
}

function gone(state: State): State | typeof rejected {
  return state === 'none' || state === 'deleted' ? 'none' : rejected
}
