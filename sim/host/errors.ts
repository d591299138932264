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

/** `refused`: the request was certainly never handled. All others: it may or may not have been. */
export type NetErrorCode = 'timeout' | 'reset' | 'refused' | 'unreachable' | 'aborted' | 'remote'

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

/** Thrown by a workload's `perform` when the operation certainly did not happen. */
export class OperationFailed extends SeedfallError {
  readonly code = 'operation-failed'
}

/** A mistake of the caller (a wrong argument, a wrong order of calls): a defect of the program, never an outcome of the world. */
export class Misuse extends SeedfallError {
  readonly code = 'misuse'
}
