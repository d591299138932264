import type { HostName } from '../host/seam.js'

/** A served method, with the object it was served on. */
export interface Handler {
  readonly owner: object
  readonly handle: (request: unknown, from: HostName) => unknown
}
