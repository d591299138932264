import type { DiskOperation } from '../disk/disk-operation.js'
import { DiskError, type DiskErrorCode } from '../host/errors.js'

const codes: Readonly<Record<string, DiskErrorCode>> = {
  EIO: 'EIO',
  ENOSPC: 'ENOSPC',
  EDQUOT: 'ENOSPC',
  EFBIG: 'ENOSPC',
  ENOENT: 'ENOENT',
  EEXIST: 'EEXIST',
  EISDIR: 'EISDIR',
  ENOTDIR: 'ENOTDIR',
  ELOOP: 'ENOTDIR',
  ENOTEMPTY: 'ENOTEMPTY',
  EBADF: 'EBADF',
}

/**
 * The file system's refusal as a `DiskError`. What the simulated disk has no word for (permissions, too many open files) is EIO to a process, which cannot do
 * more about it than about a broken disk; the machine's own error is its `cause`.
 */
export function diskFailure(error: unknown, operation: DiskOperation, path: string): DiskError {
  if (error instanceof DiskError) return error
  const { code } = error as NodeJS.ErrnoException
  if (typeof code !== 'string') throw error
  const failure = new DiskError(codes[code] ?? 'EIO', operation, path)
  failure.cause = error
  return failure
}
