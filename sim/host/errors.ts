/** The environment's failures, as a process sees them. Each has a stable `code`. */

export abstract class SeedfallError extends Error {
  abstract readonly code: string
  override get name(): string {
    return this.constructor.name
  }
}

export type DiskErrorCode = 'EIO' | 'ENOSPC' | 'ENOENT' | 'EEXIST' | 'EISDIR' | 'ENOTDIR' | 'ENOTEMPTY' | 'EBADF'

export class DiskError extends SeedfallError {
  constructor(
    readonly code: DiskErrorCode,
    readonly operation: string,
    readonly path: string,
  ) {
    super(`${code}: ${operation} ${path}`)
  }
}

/**
 * `refused`: the request was certainly never handled. `closed`, `in-use`, `too-large`: of sockets, by this side's own doing.
 * All others: it may or may not have been.
 */
export type NetErrorCode = 'timeout' | 'reset' | 'refused' | 'unreachable' | 'aborted' | 'remote' | 'closed' | 'in-use' | 'too-large'

export class NetError extends SeedfallError {
  constructor(
    readonly code: NetErrorCode,
    message: string,
  ) {
    super(message)
  }
}

/** The other side's handler rejected; `message` and `remoteCode` are what it said. */
export class RemoteError extends NetError {
  constructor(
    message: string,
    readonly remoteCode: string | undefined,
  ) {
    super('remote', message)
  }
}

/**
 * `timeout`, `unavailable`, `aborted`: a write may or may not have happened, or may still. All others: it certainly did not.
 *
 * - `slow-down`: the store has too much to do (HTTP 503); again, later.
 * - `unavailable`: it answered that something broke (HTTP 500), the connection broke, or nobody could be reached.
 * - `precondition-failed`: a condition did not hold (HTTP 412).
 * - `conflict`: another conditional write to the key was under way (HTTP 409); again.
 * - `not-modified`: what was asked for unless it has this ETag, has it (HTTP 304).
 * - `invalid-range`: it starts at or beyond the object's end (HTTP 416).
 * - `no-such-upload`: never begun, completed or aborted (HTTP 404).
 * - `invalid-part`, `part-too-small`: what `completeUpload` named is not what was uploaded; or below the least size, and not the last (HTTP 400).
 * - `denied`: the store does not let this caller do that (HTTP 401, 403).
 */
export type ObjectStoreErrorCode =
  | 'slow-down'
  | 'unavailable'
  | 'timeout'
  | 'aborted'
  | 'precondition-failed'
  | 'conflict'
  | 'not-modified'
  | 'invalid-range'
  | 'no-such-upload'
  | 'invalid-part'
  | 'part-too-small'
  | 'denied'

export class ObjectStoreError extends SeedfallError {
  constructor(
    readonly code: ObjectStoreErrorCode,
    readonly operation: string,
    readonly key: string,
    readonly detail = '',
  ) {
    super(`${code}: ${operation} ${key}${detail === '' ? '' : `: ${detail}`}`)
  }

  /** A write may or may not have happened. */
  get isOutcomeUnknown(): boolean {
    return this.code === 'timeout' || this.code === 'unavailable' || this.code === 'aborted'
  }
}

/** What a failpoint throws when the plan names an error that the site does not: `code` is that name. */
export class InjectedFailure extends SeedfallError {
  constructor(
    readonly site: string,
    readonly code: string,
  ) {
    super(`${code}: failpoint ${site}`)
  }
}

/** Thrown by a workload's `perform` when the operation certainly did not happen. */
export class OperationFailed extends SeedfallError {
  readonly code = 'operation-failed'
}

/** A mistake of the caller (a wrong argument, a wrong order of calls): a defect of the program, never an outcome of the world. */
export class Misuse extends SeedfallError {
  readonly code = 'misuse'
}

/**
 * `instanceof` holds for the errors of another copy of the package as well: two do get loaded, where a scenario file is compiled to CommonJS (`npm init`
 * writes `"type": "commonjs"`), and what one copy throws, the other has to know. Classes that are not listed here are told by what they are.
 */
const shared = { SeedfallError, DiskError, NetError, RemoteError, ObjectStoreError, InjectedFailure, OperationFailed, Misuse }

/** Where a class keeps the name that it has in every copy. */
const brand = Symbol.for('seedfall.error')
for (const [value, errors] of Object.entries(shared)) Object.defineProperty(errors, brand, { value })

Object.defineProperty(SeedfallError, Symbol.hasInstance, {
  value(this: { readonly prototype: object }, value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(this.prototype, value as object) || isOfOtherCopy(this, value)
  },
})

function isOfOtherCopy(errors: object, value: unknown): boolean {
  if (!(value instanceof Error) || !Object.hasOwn(errors, brand)) return false
  const wanted = nameIn(errors)
  for (let prototype = Object.getPrototypeOf(value); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const owner: unknown = prototype.constructor
    if (typeof owner === 'function' && Object.hasOwn(owner, brand) && nameIn(owner) === wanted) return true
  }
  return false
}

const nameIn = (errors: object): string | undefined => (errors as { [brand]?: string })[brand]
