/**
 * How often which value was seen, in buckets that are the same in every program: exact for integers below 256, within 1 in 128 else. Bounded, whatever is
 * added, and two of them merge into what one would have been, in any order. The least and the greatest value and the total stay exact.
 */
export class Histogram {
  count = 0
  least = Number.POSITIVE_INFINITY
  greatest = Number.NEGATIVE_INFINITY
  readonly #buckets = new Map<number, number>()
  /** In thousandths: a sum of integers does not depend on their order. */
  #thousandths = 0n

  /** Takes in a finite number, `times` times. Throws `RangeError` for what is none. */
  add(given: number, times = 1): void {
    if (!Number.isFinite(given)) throw new RangeError(`a histogram takes finite numbers, not ${given}`)
    if (times === 0) return
    // Not -0, which JSON would not keep.
    const value = given + 0
    const bucket = bucketOf(value)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times)
    this.count += times
    this.#thousandths += thousandthsOf(value) * BigInt(times)
    if (value < this.least) this.least = value
    if (value > this.greatest) this.greatest = value
  }

  merge(other: Histogram): void {
    for (const [bucket, times] of other.#buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times)
    this.count += other.count
    this.#thousandths += other.#thousandths
    this.least = Math.min(this.least, other.least)
    this.greatest = Math.max(this.greatest, other.greatest)
  }

  /** The sum of all values, each rounded to a thousandth. */
  get total(): number {
    return Number(this.#thousandths) / 1_000
  }

  /**
   * The value below or at which this share of all lies, `perMille` of 1,000: 500 is the median (the upper one of two). `zeros` more values of 0 are counted
   * in. 0 when there is nothing.
   */
  quantile(perMille: number, zeros = 0): number {
    const count = this.count + zeros
    if (count === 0) return 0
    let rank = Math.min(count - 1, Math.floor((count * perMille) / 1_000))
    const sorted = this.#sorted()
    const below = sorted.filter(({ from }) => from < 0).reduce((sum, { times }) => sum + times, 0)
    if (rank >= below && rank < below + zeros) return 0
    if (rank >= below) rank -= zeros
    for (const { from, to, times } of sorted) {
      if (rank < times) return Math.min(this.greatest, Math.max(this.least, valueIn(from, to)))
      rank -= times
    }
    return this.greatest
  }

  /** From the least to the greatest: a bucket's bounds, the second one not in it, and how many values lie in it. */
  buckets(): readonly HistogramBucket[] {
    return this.#sorted()
  }

  toJSON(): HistogramData {
    return {
      count: this.count,
      least: this.count === 0 ? 0 : this.least,
      greatest: this.count === 0 ? 0 : this.greatest,
      thousandths: this.#thousandths.toString(),
      buckets: this.#sorted().map(({ from, times }) => [from, times]),
    }
  }

  static from({ count, least, greatest, thousandths, buckets }: HistogramData): Histogram {
    const histogram = new Histogram()
    for (const [from, times] of buckets) histogram.#buckets.set(bucketOf(from), times)
    histogram.count = count
    histogram.#thousandths = BigInt(thousandths)
    if (count > 0) {
      histogram.least = least
      histogram.greatest = greatest
    }
    return histogram
  }

  #sorted(): HistogramBucket[] {
    return [...this.#buckets].map(([bucket, times]) => ({ ...boundsOf(bucket), times })).sort((a, b) => a.from - b.from)
  }
}

export interface HistogramBucket {
  readonly from: number
  readonly to: number
  readonly times: number
}

/** Plain JSON. `thousandths`: the exact sum, an integer's digits. `buckets`: each one's lower bound, and how many values lie in it; ascending. */
export interface HistogramData {
  readonly count: number
  readonly least: number
  readonly greatest: number
  readonly thousandths: string
  readonly buckets: readonly (readonly [from: number, times: number])[]
}

/** Bits of a number's fraction that tell buckets apart, after its leading one. */
const precision = 7
const dropped = 20 - precision

const bits = new DataView(new ArrayBuffer(8))

/** What is nearer to 0 than this is 0 to a bucket. A power of two, and so the bound of one. */
const tiny = 1 / 0x4000_0000

/** Sign, exponent and the first bits of the fraction: buckets grow with the values. */
function bucketOf(value: number): number {
  if (Math.abs(value) < tiny) return 0
  bits.setFloat64(0, Math.abs(value))
  const magnitude = (bits.getUint32(0) >>> dropped) + 1
  return value < 0 ? -magnitude : magnitude
}

function boundsOf(bucket: number): { from: number; to: number } {
  if (bucket === 0) return { from: 0, to: 0 }
  const magnitude = Math.abs(bucket) - 1
  // A negative bucket is named by its bound nearer to zero, which is in it.
  return bucket > 0 ? { from: edge(magnitude), to: edge(magnitude + 1) } : { from: -edge(magnitude), to: -edge(magnitude + 1) }
}

function edge(magnitude: number): number {
  bits.setUint32(0, magnitude << dropped)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/** An integer where the bucket holds only one, else its middle. */
function valueIn(from: number, to: number): number {
  return Number.isInteger(from) && Math.abs(to - from) <= 1 ? from : (from + to) / 2
}

/** Rounded half up; exact for integers of any size. */
function thousandthsOf(value: number): bigint {
  return Number.isInteger(value) ? BigInt(value) * 1_000n : BigInt(Math.round(value * 1_000))
}
