import type { InjectionArgs } from '../faults/injection.js'
import { Misuse } from '../host/errors.js'
import type { HostName, Nanos } from '../host/seam.js'
import { deriveKey, dice, diceBelow, hashString, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import { otherSector, pendingOffsets } from './device-harm.js'
import type { DamagePlace, DiskDamage, DiskFailure, DiskFaultKind, DiskFaultObserver, DiskFaults, DiskSite, DiskStrike, StruckRequest } from './disk-faults.js'
import type { DiskImage } from './disk-image.js'
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
  /** Of kinds that damage what is stored: what they may harm at all. Everything when not given. */
  readonly concerns?: (place: DamagePlace) => boolean
  /** And whether they may now. Anywhere when not given. */
  readonly allows?: (places: readonly DamagePlace[]) => boolean
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
  readonly #image: DiskImage
  #stalledUntil: Nanos = 0
  #stallActed: (() => void) | null = null

  constructor(host: HostName, image: DiskImage) {
    this.#host = host
    this.#image = image
  }

  /** Operations that are issued before `until` make no progress until then; `acted` hears of each. */
  stall(until: Nanos, acted: () => void): void {
    if (until <= this.#stalledUntil) return
    this.#stalledUntil = until
    this.#stallActed = acted
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
    strikeOf(kind, args, () => {})
    const listed = this.#listed.get(site)
    if (listed === undefined) this.#listed.set(site, [{ kind, ordinal, args, observer }])
    else listed.push({ kind, ordinal, args, observer })
  }

  site(path: string): FaultSite {
    let site = this.#sites.get(path)
    if (site === undefined) {
      site = new FaultSite(path)
      this.#sites.set(path, site)
    }
    return site
  }

  strike(site: FaultSite, operation: DiskOperation, now: Nanos, offset: number, length: number, request: StruckRequest): DiskStrike | null {
    const number = operationNumbers[operation]
    const ordinal = (site.ordinals[number] as number) + 1
    site.ordinals[number] = ordinal
    if (this.#episodes.length === 0 && this.#listed.size === 0 && this.#stalledUntil <= now) return null
    return this.#strikeAt(site, operation, ordinal, now, offset, length, request)
  }

  /** Apart from `strike`, which runs for every operation: what follows makes closures. */
  #strikeAt(site: FaultSite, operation: DiskOperation, ordinal: number, now: Nanos, offset: number, length: number, request: StruckRequest): DiskStrike | null {
    const number = operationNumbers[operation]
    const plus = Math.max(0, this.#stalledUntil - now)
    if (plus > 0) this.#stallActed?.()
    let times = 1
    let failure: DiskFailure | null = null
    const act = (kind: DiskFaultKind, args: InjectionArgs, observer: DiskFaultObserver): void => {
      const acted = (damages: readonly DiskDamage[]) => observer.occurred(kind, `${this.#host}:${site.path} ${operation}`, ordinal, args, damages)
      const strike = strikeOf(kind, args, acted)
      // Slowness does not multiply: two overlapping episodes would stop the disk for minutes.
      if (strike.times > times) times = strike.times
      failure ??= strike.failure
      if (!isSilent(kind)) acted([])
    }
    if (this.#listed.size > 0) {
      for (const { kind, args, observer } of this.#takeListed(`${this.#host}:${site.path} ${operation}`, ordinal)) {
        observer.opportunity(kind)
        act(kind, args, observer)
      }
    }
    for (const episode of this.#episodes) {
      const { kind, rate, observer } = episode
      // One operation fails in one way at most.
      if (!strikes(kind, operation) || (failure !== null && kind !== 'disk.slow') || !matchesPattern(site.path, episode.files)) continue
      if (!this.#isExposed(kind, site.path, length, request)) continue
      const places = isSilent(kind) ? placesOf(episode, site.path, offset, length, request) : null
      if (places?.length === 0) continue
      observer.opportunity(kind)
      const key = deriveKey(episode.key, site.hash + number)
      if (diceBelow(key, ordinal, rate.of) >= rate.in) continue
      const args =
        places !== null
          ? this.#drawSilent(episode, places, Stream.of(deriveKey(key, 'args'), ordinal))
          : drawArgs(episode, operation, offset, length, dice(deriveKey(key, 'args'), ordinal))
      if (args !== null) act(kind, args, observer)
    }
    return times === 1 && plus === 0 && failure === null ? null : { times, plus, failure }
  }

  /** Only what needs room can find none, only what reads can read wrongly, and only a sync with something to do can lie. */
  #isExposed(kind: DiskFaultKind, path: string, length: number, { file, through }: StruckRequest): boolean {
    switch (kind) {
      case 'disk.full':
      case 'disk.read-error':
        return length > 0
      case 'disk.misdirect-read':
        return file !== null && length > 0 && file.size > 0
      case 'disk.misdirect-write':
        return file !== null && file.sectorsToWrite(through).length > 0
      case 'disk.sync-lie':
        return file === null ? this.#image.hasPendingNames(path, through) : file.hasPending(through)
      default:
        return true
    }
  }

  /** Where the device does wrong without a word, among these places. Null: nowhere that it can, or may. */
  #drawSilent({ kind, concerns, allows, observer }: DiskFaultEpisode, places: readonly DamagePlace[], random: Stream): InjectionArgs | null {
    let harmed = places
    let args: InjectionArgs = {}
    if (kind !== 'disk.sync-lie') {
      const place = random.pick(places)
      const sector = place.offset / sectorBytes
      // A read harms nothing of where it goes wrong to.
      const mayBeOther = kind === 'disk.misdirect-write' ? concerns : undefined
      const other = otherSector(this.#image, place.path, sector, random, mayBeOther)
      if (other === null) return null
      harmed = kind === 'disk.misdirect-write' ? [place, { path: other.path, offset: other.sector * sectorBytes }] : [place]
      args = { sector, otherPath: other.path, otherSector: other.sector }
    }
    if (allows === undefined || allows(harmed)) return args
    observer.heldBack(kind)
    return null
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
  readonly observer: DiskFaultObserver
}

/** The answer says nothing of it: whether it did any harm is known only when the operation completes. */
function isSilent(kind: DiskFaultKind): boolean {
  return kind === 'disk.sync-lie' || kind === 'disk.misdirect-read' || kind === 'disk.misdirect-write'
}

/** Where a silent kind may strike this operation; a lie is about all that the sync was to write. */
function placesOf({ kind, concerns }: DiskFaultEpisode, path: string, offset: number, length: number, { file, through }: StruckRequest): DamagePlace[] {
  const isConcerned = (place: DamagePlace) => concerns === undefined || concerns(place)
  if (kind === 'disk.sync-lie') {
    const places = (file === null ? [0] : pendingOffsets(file, through)).map((pending) => ({ path, offset: pending }))
    return places.every(isConcerned) ? places : []
  }
  const sectors = kind === 'disk.misdirect-write' ? (file?.sectorsToWrite(through) ?? []) : sectorsOf(offset, Math.min(length, (file?.size ?? 0) - offset))
  return sectors.map((sector) => ({ path, offset: sector * sectorBytes })).filter(isConcerned)
}

function sectorsOf(offset: number, length: number): number[] {
  const sectors: number[] = []
  for (let sector = Math.floor(offset / sectorBytes); sector * sectorBytes < offset + length; sector++) sectors.push(sector)
  return sectors
}

function strikes(kind: DiskFaultKind, operation: DiskOperation): boolean {
  switch (kind) {
    case 'disk.slow':
      return true
    case 'disk.sync-error':
    case 'disk.sync-lie':
      return operation === 'sync' || operation === 'sync-directory'
    case 'disk.misdirect-write':
      return operation === 'sync'
    case 'disk.read-error':
    case 'disk.misdirect-read':
      return operation === 'read'
    case 'disk.write-error':
      return operation === 'write' || operation === 'truncate'
    case 'disk.full':
      return operation === 'write' || operation === 'open' || operation === 'make-directory'
  }
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
    default:
      return {}
  }
}

function strikeOf(kind: DiskFaultKind, args: InjectionArgs, acted: (damages: readonly DiskDamage[]) => void): DiskStrike {
  const count = (name: string, least: number): number => {
    const value = args[name]
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw new Misuse(`${kind} takes {${name}}, an integer from ${least} on, not ${JSON.stringify(args)}`)
    return value as number
  }
  switch (kind) {
    case 'disk.slow':
      return { times: count('times', 1), plus: 0, failure: null }
    case 'disk.read-error':
      return failing({ kind, sector: count('sector', 0) })
    case 'disk.full':
      return failing({ kind, written: count('written', 0) })
    case 'disk.sync-error':
    case 'disk.write-error':
      return failing({ kind })
    case 'disk.sync-lie':
      return failing({ kind, acted })
    case 'disk.misdirect-read':
    case 'disk.misdirect-write': {
      const { otherPath } = args
      if (typeof otherPath !== 'string') throw new Misuse(`${kind} takes {otherPath}, a path, not ${JSON.stringify(args)}`)
      return failing({ kind, sector: count('sector', 0), other: { path: otherPath, sector: count('otherSector', 0) }, acted })
    }
  }
}

function failing(failure: DiskFailure): DiskStrike {
  return { times: 1, plus: 0, failure }
}
