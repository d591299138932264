import { bank } from './bank-model.js'
import { lock } from './lock-model.js'
import { log } from './log-model.js'
import { queue } from './queue-model.js'
import { casRegister, kv, register } from './register-models.js'
import type { SequentialModel } from './sequential-model.js'
import { set } from './set-model.js'

export { type BankOp, type BankOptions, bank } from './bank-model.js'
export { type LockOp, lock } from './lock-model.js'
export { type LogOp, log } from './log-model.js'
export { type OwnModel, ownModel } from './own-model.js'
export { type QueueOp, type QueueOptions, queue } from './queue-model.js'
export { type CasRegisterOp, casRegister, type Key, type KvOp, kv, type RegisterOp, type RegisterOptions, register } from './register-models.js'
export { type Answer, type Rejected, rejected, type SequentialModel, type State } from './sequential-model.js'
export { type SetOp, set } from './set-model.js'

/** The models that have a name, with their defaults. */
export const models = { register, 'cas-register': casRegister, kv, queue, set, log, lock, bank } as const
export type ModelName = keyof typeof models
export type ModelOp<N extends ModelName> = ReturnType<(typeof models)[N]> extends SequentialModel<infer Op, unknown> ? Op : never
