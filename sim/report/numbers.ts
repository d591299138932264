import type { Nanos } from '../host/seam.js'

/** `4,102`. */
export function count(value: number): string {
  const [whole, fraction] = String(value).split('.') as [string, string | undefined]
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `1 injection`, `4,102 injections`. */
export const some = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`

/** A moment of virtual time in seconds, to the microsecond: `12.304118 s`. */
export function moment(at: Nanos): string {
  const micros = Math.floor(at / 1_000)
  return `${count(Math.floor(micros / 1_000_000))}.${String(micros % 1_000_000).padStart(6, '0')} s`
}

/** A duration in its largest fitting unit, at most three decimals: `60 s`, `1.5 ms`. */
export function duration(span: Nanos): string {
  for (const [unit, nanos] of units) if (span >= nanos) return `${Math.round((span / nanos) * 1_000) / 1_000} ${unit}`
  return `${span} ns`
}

const units: readonly (readonly [string, number])[] = [
  ['s', 1_000_000_000],
  ['ms', 1_000_000],
  ['us', 1_000],
]
