import { sharedPrefix } from './bytes.js'

/**
 * The least prefix of `right` that still divides: above `left`, not above `right`. `left` is below `right`.
 * Bytes are unsigned, and no byte is ever raised, so that keys of any bytes are divided right.
 */
export function separatorOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return right.slice(0, sharedPrefix(left, right) + 1)
}
