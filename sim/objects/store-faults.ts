import type { InjectionArgs } from '../faults/injection.js'
import { Misuse, type ObjectStoreErrorCode } from '../host/errors.js'
import type { HostName } from '../host/seam.js'
import { deriveKey, dice, diceBelow, hashString, type Key, mix } from '../kernel/mix.js'
import { type StoreOperation, storeHost, storeOperations } from './store-protocol.js'

export const storeFaultKinds = ['store.error', 'store.timeout-after-commit', 'store.partial-multipart', 'store.slow', 'store.conflict'] as const
export type StoreFaultKind = (typeof storeFaultKinds)[number]

/** What becomes of one request. */
export interface StoreStrike {
  /** It takes so many times as long; 1: as usual. */
  readonly times: number
  readonly failure: StoreFailure | null
}
export interface StoreFailure {
  /** Whether what was asked for is done all the same. */
  readonly happens: boolean
  /** What is answered; null: nothing, ever. */
  readonly code: ObjectStoreErrorCode | null
  /** To be called when that is answered, and not what the store says of itself. */
  readonly acted: () => void
}

/** For a while each request of the kind's sort is struck by its own die. */
export interface StoreFaultEpisode {
  readonly kind: StoreFaultKind
  /** Whose requests; null: everybody's. */
  readonly caller: HostName | null
  /** How many of the requests are struck. */
  readonly rate: { readonly in: number; readonly of: number }
  readonly key: Key
  /** Of `store.slow`: a struck request takes 2 to this many times as long; 10 when not given. */
  readonly mostTimes?: number
  readonly observer: StoreFaultObserver
}

/** Learns of what faults had the chance to do, and did. */
export interface StoreFaultObserver {
  exposed(kind: StoreFaultKind): void
  /** `site`: `caller>object-store-1 operation`; `ordinal` counts the requests of that site from 1. With `args` it is complete: listed, it replays. */
  occurred(kind: StoreFaultKind, site: string, ordinal: number, args: InjectionArgs): void
}

/** One occurrence, as an observer was told of it. */
export interface StoreFaultOccurrence {
  readonly kind: StoreFaultKind
  readonly site: string
  readonly ordinal: number
  readonly args: InjectionArgs
}

/** The faults of the object store: open episodes and listed occurrences. A strike is a pure function of (episode key, caller, operation, ordinal). */
export class StoreFaultInjector {
  readonly #ordinals = new Map<string, number>()
  /** In the order of their opening. */
  #episodes: StoreFaultEpisode[] = []
  /** By site and ordinal. */
  readonly #listed = new Map<string, { readonly occurrence: StoreFaultOccurrence; readonly observer: StoreFaultObserver }[]>()

  /** Answers how to end it. */
  open(episode: StoreFaultEpisode): () => void {
    this.#episodes = [...this.#episodes, episode]
    return () => {
      this.#episodes = this.#episodes.filter((each) => each !== episode)
    }
  }

  /** This occurrence will be, whatever the dice. Throws `Misuse` when it is not complete. */
  list(occurrence: StoreFaultOccurrence, observer: StoreFaultObserver): void {
    const { kind, site, ordinal, args } = occurrence
    const operation = storeOperations.find((each) => site.endsWith(`>${storeHost} ${each}`))
    if (operation === undefined || !strikes(kind, operation, true)) throw new Misuse(`${kind} has no site '${site}'`)
    strikeOf(kind, args, () => {})
    const name = `${site} #${ordinal}`
    this.#listed.set(name, [...(this.#listed.get(name) ?? []), { occurrence, observer }])
  }

  /** Counts a request of the caller, and answers which one it is. */
  count(caller: HostName, operation: StoreOperation): number {
    const site = siteOf(caller, operation)
    const ordinal = (this.#ordinals.get(site) ?? 0) + 1
    this.#ordinals.set(site, ordinal)
    return ordinal
  }

  /** Asked once a request, when it arrives. Null: all goes well. */
  strike(caller: HostName, operation: StoreOperation, ordinal: number, isConditional: boolean): StoreStrike | null {
    if (this.#episodes.length === 0 && this.#listed.size === 0) return null
    const site = siteOf(caller, operation)
    let struck: StoreStrike | null = null
    const act = (kind: StoreFaultKind, args: InjectionArgs, observer: StoreFaultObserver): void => {
      const acted = () => observer.occurred(kind, site, ordinal, args)
      const { times, failure } = strikeOf(kind, args, acted)
      if (failure === null) acted()
      struck = { times: Math.max(times, struck?.times ?? 1), failure: struck?.failure ?? failure }
    }
    for (const { occurrence, observer } of this.#listed.get(`${site} #${ordinal}`) ?? []) {
      observer.exposed(occurrence.kind)
      act(occurrence.kind, occurrence.args, observer)
    }
    for (const { kind, caller: only, rate, key, mostTimes, observer } of this.#episodes) {
      // One request fails in one way at most.
      const hasFailed = (struck as StoreStrike | null)?.failure != null && kind !== 'store.slow'
      if (hasFailed || !strikes(kind, operation, isConditional) || (only !== null && only !== caller)) continue
      observer.exposed(kind)
      const dieKey = deriveKey(key, hashString(site))
      if (diceBelow(dieKey, ordinal, rate.of) >= rate.in) continue
      act(kind, drawArgs(kind, operation, dice(deriveKey(dieKey, 'args'), ordinal), mostTimes ?? 10), observer)
    }
    return struck
  }
}

export function siteOf(caller: HostName, operation: StoreOperation): string {
  return `${caller}>${storeHost} ${operation}`
}

function strikes(kind: StoreFaultKind, operation: StoreOperation, isConditional: boolean): boolean {
  switch (kind) {
    case 'store.error':
    case 'store.slow':
      return true
    case 'store.timeout-after-commit':
      return operation !== 'get' && operation !== 'head' && operation !== 'list' && operation !== 'list-uploads'
    case 'store.partial-multipart':
      return operation === 'create-upload' || operation === 'upload-part' || operation === 'complete-upload'
    case 'store.conflict':
      return isConditional && (operation === 'put' || operation === 'complete-upload' || operation === 'delete')
  }
}

function drawArgs(kind: StoreFaultKind, operation: StoreOperation, word: number, mostTimes: number): InjectionArgs {
  switch (kind) {
    case 'store.error':
      // Half are 503, told before anything is done. An internal error may come before or after.
      return (word & 1) === 0 ? { code: 'slow-down' } : { code: 'unavailable', happens: (word & 2) === 0 }
    case 'store.partial-multipart':
      return { happens: operation === 'create-upload' || (operation === 'upload-part' && (word & 1) === 0) }
    case 'store.slow':
      return { times: 2 + ((mix(word) >>> 0) % Math.max(1, mostTimes - 1)) }
    case 'store.conflict':
      return { code: (word & 1) === 0 ? 'precondition-failed' : 'conflict' }
    case 'store.timeout-after-commit':
      return {}
  }
}

/** Throws `Misuse` when the arguments are not complete. */
function strikeOf(kind: StoreFaultKind, args: InjectionArgs, acted: () => void): StoreStrike {
  const incomplete = (): never => {
    throw new Misuse(`${kind} with the arguments ${JSON.stringify(args)} is not complete`)
  }
  const { code, happens, times } = args
  switch (kind) {
    case 'store.error':
      if (code === 'slow-down') return { times: 1, failure: { code, happens: false, acted } }
      return code === 'unavailable' && typeof happens === 'boolean' ? { times: 1, failure: { code, happens, acted } } : incomplete()
    case 'store.partial-multipart':
      return typeof happens === 'boolean' ? { times: 1, failure: { code: 'unavailable', happens, acted } } : incomplete()
    case 'store.slow':
      return typeof times === 'number' && Number.isInteger(times) && times >= 1 ? { times, failure: null } : incomplete()
    case 'store.conflict':
      return code === 'precondition-failed' || code === 'conflict' ? { times: 1, failure: { code, happens: false, acted } } : incomplete()
    case 'store.timeout-after-commit':
      return { times: 1, failure: { code: null, happens: true, acted } }
  }
}
