import { fold } from '../kernel/mix.js'

/** A 32-bit digest of bytes, four at a time. Changing any one byte changes it. */
export function digest(seed: number, bytes: Uint8Array): number {
  let hash = fold(seed, bytes.length)
  const whole = bytes.length & ~3
  let at = 0
  for (; at < whole; at += 4) {
    hash = fold(hash, (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24))
  }
  for (; at < bytes.length; at++) hash = fold(hash, bytes[at] as number)
  return hash
}
