import type { InjectionArgs } from '../faults/injection.js'
import { Misuse } from '../host/errors.js'
import type { HostName, Nanos } from '../host/seam.js'
import { deriveKey, dice, diceBelow, hashString, type Key } from '../kernel/mix.js'
import type { DiskFailure, DiskFaultKind, DiskFaultObserver, DiskFaults, DiskSite, DiskStrike } from './disk-faults.js'
import { type DiskOperation, diskOperations, operationNumbers } from './disk-operation.js'
import { matchesPattern } from './file-pattern.js'
import { sectorBytes } from './geometry.js'

/** For a while each operation of one kind on some files is struck by its own die. */
export interface DiskFaultEpisode {
  readonly kind: DiskFaultKind
  /** A pattern of paths in which `*` stands for anything; null: the whole disk. */
  readonly files: string | null
  /** How many of the operations are struck. */
  readonly rate: { readonly in: number; readonly of: number }
  readonly key: Key
  /** Of `disk.slow`: a struck operation takes 2 to this many times as long; 10 when not given. */
  readonly mostTimes?: number
  readonly observer: DiskFaultObserver
}

/** One occurrence, as an observer was told of it. */
export interface DiskFaultOccurrence {
  readonly kind: DiskFaultKind
  readonly site: string
  readonly ordinal: number
  readonly args: InjectionArgs
}

/**
 * The faults of one host's disk: open episodes and listed occurrences. Outlives the host's processes, so that ordinals count through restarts.
 * Whether an operation is struck is a pure function of (episode key, path, operation, ordinal).
 */
export class DiskFaultInjector implements DiskFaults {
  readonly #host: HostName
  readonly #sites = new Map<string, FaultSite>()
  /** In the order of their opening. */
  #episodes: DiskFaultEpisode[] = []
  /** By site. */
  readonly #listed = new Map<string, Listed[]>()

  constructor(host: HostName) {
    this.#host = host
  }

  /** Answers how to end it. */
  open(episode: DiskFaultEpisode): () => void {
    const { rate } = episode
    if (!(Number.isInteger(rate.in) && Number.isInteger(rate.of) && rate.in >= 0 && rate.of > 0))
      throw new Misuse(`a rate is {in, of} in integers, not ${JSON.stringify(rate)}`)
    this.#episodes = [...this.#episodes, episode]
    return () => {
      this.#episodes = this.#episodes.filter((each) => each !== episode)
    }
  }

  /** This occurrence will be, whatever the dice. Throws `Misuse` when the site is not one of this disk or the arguments are not complete. */
  list(occurrence: DiskFaultOccurrence, observer: DiskFaultObserver): void {
    const { kind, site, ordinal, args } = occurrence
    const operation = diskOperations.find((each) => site.startsWith(`${this.#host}:`) && site.endsWith(` ${each}`))
    if (operation === undefined || !strikes(kind, operation)) throw new Misuse(`${kind} has no site '${site}' on the disk of ${this.#host}`)
    const strike = strikeOf(kind, args)
    const listed = this.#listed.get(site)
    if (listed === undefined) this.#listed.set(site, [{ kind, ordinal, args, strike, observer }])
    else listed.push({ kind, ordinal, args, strike, observer })
  }

  site(path: string): FaultSite {
    let site = this.#sites.get(path)
    if (site === undefined) {
      site = new FaultSite(path)
      this.#sites.set(path, site)
    }
    return site
  }

  strike(site: FaultSite, operation: DiskOperation, _now: Nanos, offset: number, length: number): DiskStrike | null {
    const number = operationNumbers[operation]
    const ordinal = (site.ordinals[number] as number) + 1
    site.ordinals[number] = ordinal
    if (this.#episodes.length === 0 && this.#listed.size === 0) return null
    let times = 1
    let failure: DiskFailure | null = null
    const act = (kind: DiskFaultKind, args: InjectionArgs, strike: DiskStrike, observer: DiskFaultObserver): void => {
      // Slowness does not multiply: two overlapping episodes would stop the disk for minutes.
      if (strike.times > times) times = strike.times
      failure ??= strike.failure
      observer.occurred(kind, `${this.#host}:${site.path} ${operation}`, ordinal, args)
    }
    if (this.#listed.size > 0) {
      for (const { kind, args, strike, observer } of this.#takeListed(`${this.#host}:${site.path} ${operation}`, ordinal)) {
        observer.opportunity(kind)
        act(kind, args, strike, observer)
      }
    }
    for (const episode of this.#episodes) {
      const { kind, rate, observer } = episode
      // One operation fails in one way at most.
      if (!strikes(kind, operation) || (failure !== null && kind !== 'disk.slow') || !isExposed(kind, length) || !matchesPattern(site.path, episode.files))
        continue
      observer.opportunity(kind)
      const key = deriveKey(episode.key, site.hash + number)
      if (diceBelow(key, ordinal, rate.of) >= rate.in) continue
      const args = drawArgs(episode, operation, offset, length, dice(deriveKey(key, 'args'), ordinal))
      act(kind, args, strikeOf(kind, args), observer)
    }
    return times === 1 && failure === null ? null : { times, failure }
  }

  #takeListed(site: string, ordinal: number): Listed[] {
    const listed = this.#listed.get(site)
    if (listed === undefined) return []
    const due = listed.filter((each) => each.ordinal === ordinal)
    if (due.length === listed.length) this.#listed.delete(site)
    else if (due.length > 0) {
      this.#listed.set(
        site,
        listed.filter((each) => each.ordinal !== ordinal),
      )
    }
    return due
  }
}

/** A path as a place of faults: how often each operation was asked of it. */
class FaultSite implements DiskSite {
  readonly hash: number
  /** By the number of the operation. */
  readonly ordinals: number[] = [0, ...diskOperations.map(() => 0)]

  constructor(readonly path: string) {
    this.hash = hashString(path)
  }
}

interface Listed {
  readonly kind: DiskFaultKind
  readonly ordinal: number
  readonly args: InjectionArgs
  readonly strike: DiskStrike
  readonly observer: DiskFaultObserver
}

function strikes(kind: DiskFaultKind, operation: DiskOperation): boolean {
  switch (kind) {
    case 'disk.slow':
      return true
    case 'disk.sync-error':
      return operation === 'sync' || operation === 'sync-directory'
    case 'disk.read-error':
      return operation === 'read'
    case 'disk.write-error':
      return operation === 'write' || operation === 'truncate'
    case 'disk.full':
      return operation === 'write' || operation === 'open' || operation === 'make-directory'
  }
}

/** Only what needs room can find none, and only what reads can find a bad sector. */
function isExposed(kind: DiskFaultKind, length: number): boolean {
  return (kind !== 'disk.full' && kind !== 'disk.read-error') || length > 0
}

function drawArgs(episode: DiskFaultEpisode, operation: DiskOperation, offset: number, length: number, word: number): InjectionArgs {
  const below = (count: number) => Math.floor((word / 0x1_0000_0000) * count)
  switch (episode.kind) {
    case 'disk.slow':
      return { times: 2 + below(Math.max(1, (episode.mostTimes ?? 10) - 1)) }
    case 'disk.read-error': {
      const first = Math.floor(offset / sectorBytes)
      return { sector: first + below(Math.floor((offset + length - 1) / sectorBytes) - first + 1) }
    }
    case 'disk.full':
      return { written: operation === 'write' ? below(length) : 0 }
    case 'disk.sync-error':
    case 'disk.write-error':
      return {}
  }
}

function strikeOf(kind: DiskFaultKind, args: InjectionArgs): DiskStrike {
  const count = (name: string, least: number): number => {
    const value = args[name]
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw new Misuse(`${kind} takes {${name}}, an integer from ${least} on, not ${JSON.stringify(args)}`)
    return value as number
  }
  switch (kind) {
    case 'disk.slow':
      return { times: count('times', 1), failure: null }
    case 'disk.read-error':
      return { times: 1, failure: { kind, sector: count('sector', 0) } }
    case 'disk.full':
      return { times: 1, failure: { kind, written: count('written', 0) } }
    case 'disk.sync-error':
    case 'disk.write-error':
      return { times: 1, failure: { kind } }
  }
}
