/** One number that is measured: `run` does the work once and answers the value, having asserted that the work was done. */
export interface Measure {
  /** `group/what`, or `group/what/size`: stable, since results are compared by it. */
  readonly name: string
  readonly unit: string
  run(): Promise<number>
}

export interface Result {
  readonly name: string
  /** The median of the rounds. */
  readonly value: number
  readonly unit: string
}

/** A result with what lay around it. */
export interface Spread extends Result {
  readonly least: number
  readonly most: number
}

export interface MeasureOptions {
  /** Rounds that count; one more is run before, to warm up. */
  readonly rounds: number
  /** Called with each result as it is there. */
  readonly measured?: (result: Spread) => void
}

/** Runs the measures round by round, all of them once a round, so that a busy moment of the machine does not fall on one measure alone. */
export async function measureAll(measures: readonly Measure[], options: MeasureOptions): Promise<Result[]> {
  const values = measures.map(() => [] as number[])
  for (let round = 0; round <= options.rounds; round++) {
    for (const [index, measure] of measures.entries()) {
      const value = await measure.run()
      if (!Number.isFinite(value)) throw new Error(`${measure.name}: ${value} is no measure`)
      if (round > 0) values[index]!.push(value)
    }
  }
  return measures.map(({ name, unit }, index) => {
    const sorted = values[index]!.toSorted((a, b) => a - b)
    const result = { name, value: medianOf(sorted), unit }
    options.measured?.({ ...result, least: sorted[0]!, most: sorted.at(-1)! })
    return result
  })
}

export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

let isCpuTime = false

/** From now on `secondsOf` counts the processor time that this process uses, its collector's threads included: for machines that others keep busy. */
export function countCpuTime(): void {
  isCpuTime = true
}

/** Seconds that `work` takes: of the wall's clock, unless processor time is to be counted. */
export async function secondsOf(work: () => Promise<void>): Promise<number> {
  const wall = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return isCpuTime ? (user + system) / 1e6 : Number(process.hrtime.bigint() - wall) / 1e9
}

/** A bench that measures something other than it says is worse than none. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`)
}
