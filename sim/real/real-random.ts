import { randomBytes } from 'node:crypto'
import type { Random } from '../host/seam.js'
import { Stream } from '../kernel/stream.js'

/** The same stream of numbers as a simulated host's, under a key that nobody can know. Not for secrets. */
export function realRandom(): Random {
  const key = randomBytes(8)
  return new Stream({ high: key.readInt32LE(0), low: key.readInt32LE(4) })
}
