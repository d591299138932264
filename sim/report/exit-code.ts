import type { Outcome } from '../run/report.js'

/** Exit codes are part of the command line's contract: each outcome has its own. */
export const exitCodes = {
  passed: 0,
  violation: 1,
  usage: 2,
  stalled: 3,
  crashed: 4,
  stale: 5,
  runaway: 6,
  /** `serve`: the process called `host.exit`; whoever watches it may start it again. */
  exited: 7,
  /** `judge`: the budget ended before a verdict. */
  undecided: 8,
  /** The run gave no sign of life for too long: an endless loop in its code. */
  hung: 9,
  /** `serve`: the address or the data directory is in use, or not to be had. */
  unavailable: 69,
  defect: 70,
  interrupted: 130,
} as const satisfies Record<Outcome | 'usage' | 'stale' | 'exited' | 'undecided' | 'hung' | 'unavailable' | 'defect', number>

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
