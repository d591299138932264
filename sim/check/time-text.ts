import type { Nanos } from '../host/seam.js'

/** `0.120 s`: milliseconds suffice, unless they would hide all of it, or how it differs from what is told beside it; `0.000000080 s` then. */
export function timeText(at: Nanos, beside: Nanos = at): string {
  const isHidden = at > 0 && at < 1_000_000
  const isAlike = at !== beside && Math.floor(at / 1_000_000) === Math.floor(beside / 1_000_000)
  return `${(at / 1_000_000_000).toFixed(isHidden || isAlike ? 9 : 3)} s`
}
