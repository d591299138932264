/** An entry of a data page. */
export interface LeafEntry {
  readonly key: Uint8Array
  /** The value, or with `overflow` where it is: an overflow reference. */
  readonly value: Uint8Array
  /** Bits of `entryFlags`. */
  readonly flags: number
  /** Wall-clock milliseconds of its writing. */
  readonly timestampMillis: number
  /** Wall-clock milliseconds; 0: never. */
  readonly expiresAtMillis: number
}

export const entryFlags = { overflow: 1, expires: 2, compressed: 4 } as const
/** The length of a value is kept beside its flags. */
export const flagValues = 8

export function isExpired({ expiresAtMillis }: { readonly expiresAtMillis: number }, nowMillis: number): boolean {
  return expiresAtMillis !== 0 && expiresAtMillis <= nowMillis
}
