import seedrandom from 'seedrandom'
import type { Key } from './mix.js'

/** Turns the seed's text into the root key of a run, once a run: all other randomness is derived from it by integer mixing. */
export function rootKey(seed: string): Key {
  const draw = seedrandom(seed)
  return { high: draw.int32(), low: draw.int32() }
}
