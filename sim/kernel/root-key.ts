import seedrandom from 'seedrandom'
import type { Key } from './mix.js'

/** Turns the seed's text into the root key of a run, once a run: all other randomness is derived from it by integer mixing. */
export function rootKey(seed: string): Key {
  // ARC4 repeats a short key, so that '1' and '11' would be one seed: the length tells them apart.
  const draw = seedrandom(`${seed} ${seed.length} seedfall`)
  return { high: draw.int32(), low: draw.int32() }
}
