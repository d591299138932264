/** Chi-square of counts against equal expectations. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** How many standard deviations a chi-square lies from what chance gives (Wilson and Hilferty's cube root). */
export function chiSquareDeviations(statistic: number, degrees: number): number {
  const spread = 2 / (9 * degrees)
  return ((statistic / degrees) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread)
}

/** Deviations of the counts from uniform. */
export function deviationsFromUniform(counts: readonly number[]): number {
  return chiSquareDeviations(chiSquare(counts), counts.length - 1)
}

export function countInto(cells: number, samples: number, sample: (i: number) => number): number[] {
  const counts = new Array<number>(cells).fill(0)
  for (let i = 0; i < samples; i++) {
    const cell = sample(i)
    counts[cell] = counts[cell]! + 1
  }
  return counts
}

/** Pearson's correlation of two sequences, in standard deviations of chance. */
export function correlationDeviations(a: readonly number[], b: readonly number[]): number {
  const n = a.length
  const meanOf = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / n
  const meanA = meanOf(a)
  const meanB = meanOf(b)
  let both = 0
  let squaresA = 0
  let squaresB = 0
  for (let i = 0; i < n; i++) {
    const x = a[i]! - meanA
    const y = b[i]! - meanB
    both += x * y
    squaresA += x * x
    squaresB += y * y
  }
  return (both / Math.sqrt(squaresA * squaresB)) * Math.sqrt(n)
}

export function bitCount(word: number): number {
  let bits = 0
  for (let left = word >>> 0; left !== 0; left &= left - 1) bits++
  return bits
}
