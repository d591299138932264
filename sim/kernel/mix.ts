/**
 * Integer mixing: the one source of every dice roll and of the trace hash. 32-bit multiplications and shifts only, so that every engine agrees.
 * The finaliser is Chris Wellons' `lowbias32` (hash prospector); FNV-1a folds strings.
 */

/** A well mixed 32-bit word (signed) of one 32-bit word. */
export function mix(word: number): number {
  let x = word | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

/** Folds a word into a running 32-bit hash (signed); order matters. For one hash, different words give different hashes. */
export function fold(hash: number, word: number): number {
  const x = Math.imul(hash ^ word, 0x9e3779b1)
  return ((x ^ (x >>> 15)) + 0x6d2b79f5) | 0
}

/** 32-bit FNV-1a over UTF-16 code units, finalised. */
export function hashString(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** A 64-bit key of a stream of randomness. Keys are derived, never drawn: removing one stream shifts no other. */
export interface Key {
  readonly high: number
  readonly low: number
}

/** A label's two hashes are independent, so that two of many labels hardly ever share a key. */
export function deriveKey(key: Key, label: string | number): Key {
  if (typeof label === 'number') {
    const word = mix(label ^ 0x5bd1e995)
    return { high: mix(key.high ^ word), low: mix(fold(key.low, word)) }
  }
  let word = label.length
  for (let i = 0; i < label.length; i++) word = fold(word, label.charCodeAt(i))
  return { high: mix(key.high ^ hashString(label)), low: mix(fold(key.low, word)) }
}

/** Counter-based dice: a pure function of (key, ordinal), an unsigned 32-bit number. */
export function dice(key: Key, ordinal: number): number {
  return mix(mix(key.low + Math.imul(ordinal, 0x9e3779b1)) ^ key.high ^ (ordinal / 0x1_0000_0000)) >>> 0
}

/** Dice scaled to [0, below); `below` at most 2^32. */
export function diceBelow(key: Key, ordinal: number, below: number): number {
  return Math.floor((dice(key, ordinal) / 0x1_0000_0000) * below)
}
