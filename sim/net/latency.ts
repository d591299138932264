import { ms, us } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import type { Nanos } from '../host/seam.js'

/** One-way delays of a link, as a pure function of one 32-bit die. */
export interface LatencyProfile {
  readonly name: string
  delay(die: number): Nanos
}

/** Either a profile by name or a range in nanoseconds, drawn evenly. */
export type NetworkProfile = 'lan' | 'wan' | { readonly min: Nanos; readonly max: Nanos }

/** lan: 99.9% of delays within 0.05 to 0.4 ms, a tail to 100 ms. wan: 15 to 50 ms, the same tail. */
export function latencyProfile(profile: NetworkProfile): LatencyProfile {
  if (profile === 'lan') return lan
  if (profile === 'wan') return wan
  if (typeof profile !== 'object' || profile === null)
    throw new Misuse(`there is no network profile '${String(profile)}': write 'lan', 'wan' or a range of delays such as { min: ms(1), max: ms(5) }`)
  const { min, max } = profile
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < min) {
    throw new Misuse(`a network's delays are integers of nanoseconds with 0 <= min <= max, not ${min} to ${max}`)
  }
  if (min === max) return { name: `constant ${min} ns`, delay: () => min }
  const width = max - min + 1
  return { name: `${min} to ${max} ns`, delay: (die) => min + Math.floor((die / 0x1_0000_0000) * width) }
}

/** A base, exponential jitter from a table of quantiles, capped at `most`; one in a thousand goes into a tail that halves with every doubling. */
function exponential(name: string, base: Nanos, mean: Nanos, most: Nanos, tail: Nanos): LatencyProfile {
  const size = 1024
  const table = new Float64Array(size)
  for (let i = 0; i < size; i++) table[i] = Math.min(most, base + Math.round(mean * negativeLog(1 - (i + 0.5) / size)))
  return {
    name,
    delay(die) {
      if (die % 1000 !== 999) return table[die >>> 22] as number
      let delay = most
      for (let bits = die >>> 12; (bits & 1) === 1 && delay < tail; bits >>>= 1) delay *= 2
      delay += Math.floor(((die >>> 22) / size) * delay)
      return delay < tail ? delay : tail
    },
  }
}

/** -ln(x) for x in (0, 1], by halving and the series of atanh: only operations that every engine rounds alike. */
function negativeLog(x: number): number {
  let halvings = 0
  let y = x
  while (y < 0.75) {
    y *= 2
    halvings++
  }
  const z = (y - 1) / (y + 1)
  let power = z
  let sum = 0
  for (let n = 1; n < 30; n += 2) {
    sum += power / n
    power *= z * z
  }
  return halvings * Math.LN2 - 2 * sum
}

const lan = exponential('lan', us(50), us(50), us(400), ms(100))
const wan = exponential('wan', ms(15), ms(5), ms(50), ms(100))
