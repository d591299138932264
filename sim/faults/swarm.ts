import { Misuse } from '../host/errors.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { Budget, OptionRange } from '../run/scenario.js'
import { type FaultKind, faultKinds } from './injection.js'

/** The mix of a run: which kinds are armed, and how hard each blows. */
export interface FaultMix {
  readonly armed: readonly FaultKind[]
  readonly options: Readonly<Record<string, number>>
}

/**
 * Ranges that a run's rates are drawn from. `everyMillis`: mean virtual time between two injections. `lastsMillis`: the longest an episode lasts.
 * `perMille`: how many packets or operations inside an episode are struck.
 */
const ranges: Readonly<Record<FaultKind, Readonly<Record<string, OptionRange>>>> = {
  'net.delay': {
    everyMillis: { min: 500, max: 8_000, log: true },
    lastsMillis: { min: 50, max: 3_000, log: true },
    perMille: { min: 10, max: 500, log: true },
    mostMillis: { min: 1, max: 500, log: true },
  },
  'net.drop': { everyMillis: { min: 500, max: 8_000, log: true }, lastsMillis: { min: 50, max: 3_000, log: true }, perMille: { min: 5, max: 300, log: true } },
  'net.duplicate': {
    everyMillis: { min: 500, max: 8_000, log: true },
    lastsMillis: { min: 50, max: 3_000, log: true },
    perMille: { min: 5, max: 500, log: true },
    mostMillis: { min: 1, max: 300, log: true },
  },
  'net.reorder': {
    everyMillis: { min: 500, max: 8_000, log: true },
    lastsMillis: { min: 50, max: 3_000, log: true },
    perMille: { min: 5, max: 500, log: true },
    mostMillis: { min: 1, max: 100, log: true },
  },
  'net.clog': { everyMillis: { min: 1_000, max: 10_000, log: true }, lastsMillis: { min: 20, max: 3_000, log: true } },
  'net.partition': { everyMillis: { min: 3_000, max: 12_000, log: true }, lastsMillis: { min: 200, max: 5_000, log: true } },
  'disk.lost': { perMille: { min: 200, max: 900 } },
  'disk.torn': { perMille: { min: 100, max: 700 } },
  'disk.lost-rename': { perMille: { min: 100, max: 900 } },
  'disk.sync-error': {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 1_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
  },
  'disk.read-error': {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 2_000, log: true },
    perMille: { min: 50, max: 500, log: true },
  },
  'disk.write-error': {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 1_000, log: true },
    perMille: { min: 20, max: 500, log: true },
  },
  'disk.full': {
    everyMillis: { min: 6_000, max: 20_000, log: true },
    lastsMillis: { min: 100, max: 2_000, log: true },
    perMille: { min: 100, max: 1_000, log: true },
  },
  'disk.slow': {
    everyMillis: { min: 1_000, max: 8_000, log: true },
    lastsMillis: { min: 200, max: 5_000, log: true },
    perMille: { min: 50, max: 1_000, log: true },
    mostTimes: { min: 5, max: 500, log: true },
  },
  'process.crash': {
    everyMillis: { min: 2_000, max: 9_000, log: true },
    restartMillis: { min: 50, max: 3_000, log: true },
    insidePerMille: { min: 500, max: 1_000 },
  },
  'process.pause': { everyMillis: { min: 2_000, max: 12_000, log: true }, lastsMillis: { min: 20, max: 4_000, log: true } },
  'power.loss': {
    everyMillis: { min: 4_000, max: 14_000, log: true },
    restartMillis: { min: 100, max: 3_000, log: true },
    blackoutPerMille: { min: 100, max: 700 },
  },
}

/** Names of every option that a fault kind has. */
export const allFaultOptions: ReadonlySet<string> = new Set(faultKinds.flatMap((kind) => Object.keys(ranges[kind]).map((name) => `${kind}.${name}`)))

/**
 * Swarm testing (Groce and others, ISSTA 2012): each run switches a random subset of the allowed kinds fully off and draws the rates of the rest.
 * `isGiven`: the kinds were asked for by name, so that all of them are on.
 */
export function drawFaults(key: Key, allowed: readonly FaultKind[] | undefined, isGiven: boolean, without: readonly FaultKind[], survives: Budget): FaultMix {
  const kinds = allowed ?? faultKinds
  for (const kind of [...kinds, ...without]) {
    if (!faultKinds.includes(kind)) throw new Misuse(`there is no fault kind '${kind}': there are ${faultKinds.join(', ')}`)
  }
  const armed: FaultKind[] = []
  const options: Record<string, number> = {}
  for (const kind of faultKinds) {
    if (!kinds.includes(kind) || without.includes(kind)) continue
    if (!isGiven && new Stream(deriveKey(key, kind)).int(5) === 0) continue
    if (isDown(kind) && (survives.down ?? 0) === 0 && !(kind === 'power.loss' && survives.blackout)) continue
    armed.push(kind)
    for (const [name, range] of Object.entries(ranges[kind])) options[`${kind}.${name}`] = drawOption(deriveKey(deriveKey(key, kind), name), range)
  }
  return { armed, options }
}

/** Draws a number from its range; `log` picks a doubling evenly, then a place inside it. */
export function drawOption(key: Key, range: OptionRange): number {
  const random = new Stream(key)
  if (!range.log) return range.min + random.int(range.max - range.min + 1)
  const doublings: number[] = []
  for (let low = Math.max(1, range.min); low <= range.max; low *= 2) doublings.push(low)
  const low = random.pick(doublings)
  return Math.max(range.min, Math.min(range.max, low + random.int(low)))
}

function isDown(kind: FaultKind): boolean {
  return (
    kind.startsWith('process.') ||
    kind === 'power.loss' ||
    kind === 'disk.sync-error' ||
    kind === 'disk.write-error' ||
    kind === 'disk.read-error' ||
    kind === 'disk.full'
  )
}
