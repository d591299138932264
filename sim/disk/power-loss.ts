/**
 * What a power loss decides, as questions. The disk image asks them in a fixed order (names first, then each file's size, then its pages), only
 * where more than one answer is possible, and an answer always says what happens to one thing alone.
 */

export interface PowerLossDice {
  /** Whether an undurable change of names survives. Not asked when it cannot, because something that it builds on did not. */
  keepsName(change: PendingName): boolean
  /** Which size the file is left with: 0 is the durable one, `newest` the one that the page cache holds. */
  sizeVersion(size: PendingSize): number
  pageFate(page: PendingPage): PageFate
}

export interface PendingName {
  readonly kind: 'create' | 'make-directory' | 'rename' | 'remove'
  readonly path: string
  /** Where a rename leads. */
  readonly to: string | null
}

export interface PendingSize {
  readonly path: string
  readonly newest: number
}

/** A dirty page and the versions that it may be left at: `oldest` is what is sure to be there, `newest` what the page cache holds. */
export interface PendingPage {
  readonly path: string
  readonly page: number
  readonly oldest: number
  readonly newest: number
  /** Bit i: sector i of the page was written to between the two versions. */
  dirtySectors(from: number, to: number): number
}

export type PageFate =
  | { readonly kind: 'version'; readonly version: number }
  /** Power failed while version `to` was being written over version `from`. */
  | {
      readonly kind: 'torn'
      readonly from: number
      readonly to: number
      /** A letter a sector: `o` old, `n` new, `g` garbage. Sectors that the two versions share stay as they are. */
      readonly sectors: string
      readonly garbage: number
    }
