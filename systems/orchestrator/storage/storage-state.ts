import type { HostName } from '../../../sim/host/seam.js'
import type { JournalledState } from '../journal.js'
import { type Accessed, clientName, type ImageLock, type Opened, type Session, type SessionState, type StorageApi, type StorageClient } from './storage-api.js'

export interface Image {
  readonly name: string
  /** The highest that ever opened it. */
  readonly generation: number
  readonly lock: ImageLock | null
  readonly blocks: ReadonlyMap<number, number>
}

/** A write that was accepted: what invariants look at. */
export interface AcceptedWrite {
  readonly image: string
  readonly client: StorageClient
  readonly generation: number
}

/** A client whose lock was broken, and by whom. */
export interface BrokenLock {
  readonly image: string
  /** Whose lock it was at that moment. */
  readonly lock: ImageLock
  readonly by: ImageLock
}

/** What changes the state, as it is journalled. */
type Change = { [K in Changing]: { readonly method: K; readonly request: StorageApi[K]['req'] } }[Changing]
type Changing = 'openSession' | 'closeSession' | 'blocklist' | 'open' | 'breakLock' | 'release' | 'write' | 'remove'

/** Sessions, images, locks and blocks. Pure: the same changes in the same order make the same state and the same answers. */
export class StorageState implements JournalledState {
  /** Rises with every change. */
  changes = 0
  readonly images = new Map<string, Image>()
  /** By machine: its latest session. */
  readonly sessions = new Map<HostName, { readonly session: number; readonly state: SessionState }>()
  /** Clients whose lock was broken, in order: `machine-1/3/2`. */
  readonly blockedClients = new Set<string>()
  /** Sessions that were put on the blocklist, in order: `machine-1/3`. */
  readonly blocklist: string[] = []
  /** By image and open session: the latest instance that has given it back. What it sent before may arrive after that. */
  readonly released = new Map<string, number>()
  lastWrite: AcceptedWrite | null = null
  lastBroken: BrokenLock | null = null

  stateOf({ machine, session }: Session): SessionState {
    const known = this.sessions.get(machine)
    if (known === undefined || session > known.session) return 'unknown'
    return session < known.session ? 'closed' : known.state
  }

  /** What a read of a block answers, to who may read. */
  read({ image, client, generation, block }: StorageApi['read']['req']): Accessed {
    if (this.#isBlocked(client)) return { kind: 'blocked' }
    const found = this.images.get(image)
    if (found === undefined || !holds(found, client, generation)) return { kind: 'not-owner' }
    return { kind: 'ok', value: found.blocks.get(block) ?? null }
  }

  /** Does it and answers. Each refusal leaves the state as it was. */
  perform<K extends Changing>(method: K, request: StorageApi[K]['req']): StorageApi[K]['res'] {
    this.changes++
    const change = { method, request } as Change
    return this.#perform(change) as StorageApi[K]['res']
  }

  #perform({ method, request }: Change): StorageApi[Changing]['res'] {
    switch (method) {
      case 'openSession':
        return { kind: this.#openSession(request) }
      case 'closeSession':
        return { kind: this.#setSession(request, 'closed') }
      case 'blocklist':
        return { kind: this.#block(request) }
      case 'open':
        return this.#open(request)
      case 'breakLock':
        return { kind: this.#breakLock(request) }
      case 'release':
        this.#release(request.image, request.client)
        return { kind: 'released' }
      case 'write':
        return this.#write(request)
      case 'remove':
        return { kind: this.#remove(request.image) }
    }
  }

  #openSession(opened: Session): SessionState {
    const state = this.stateOf(opened)
    if (state !== 'unknown') return state
    this.#forgetReleased(opened.machine)
    this.sessions.set(opened.machine, { session: opened.session, state: 'open' })
    return 'open'
  }

  #block(blocked: Session): SessionState {
    const state = this.stateOf(blocked)
    if (state === 'closed' || state === 'blocked') return state
    this.blocklist.push(`${blocked.machine}/${blocked.session}`)
    return this.#setSession(blocked, 'blocked')
  }

  #setSession({ machine, session }: Session, state: SessionState): SessionState {
    const known = this.sessions.get(machine)
    if (known === undefined || session >= known.session) this.sessions.set(machine, { session, state })
    return state
  }

  #open({ image, client, generation }: StorageApi['open']['req']): Opened {
    if (this.#isBlocked(client) || client.instance <= (this.released.get(releaseKey(image, client)) ?? 0)) return { kind: 'blocked' }
    const found = this.images.get(image) ?? { name: image, generation: 0, lock: null, blocks: new Map() }
    if (generation < found.generation) return { kind: 'stale', generation: found.generation }
    if (found.lock !== null && !isSame(found.lock.client, client)) return { kind: 'locked', by: found.lock }
    this.images.set(image, { ...found, generation, lock: { client, generation } })
    return { kind: 'ok' }
  }

  /** Between looking and breaking the lock may have gone to another: who holds it now is asked again, in one piece with the taking. */
  #breakLock({ image, held, by }: StorageApi['breakLock']['req']): 'broken' | 'held-by-another' | 'blocked' {
    if (this.#isBlocked(by.client)) return 'blocked'
    const found = this.images.get(image)
    // Released meanwhile: nobody is to be blocked for it.
    if (found === undefined || found.lock === null) return 'broken'
    if (!isSame(found.lock.client, held.client)) return 'held-by-another'
    this.lastBroken = { image, lock: found.lock, by }
    this.blockedClients.add(clientName(found.lock.client))
    this.images.set(image, { ...found, lock: null })
    return 'broken'
  }

  #release(image: string, client: StorageClient): void {
    const key = releaseKey(image, client)
    if (this.stateOf(client) === 'open') this.released.set(key, Math.max(client.instance, this.released.get(key) ?? 0))
    const found = this.images.get(image)
    const holder = found?.lock?.client
    if (found === undefined || holder === undefined || holder.machine !== client.machine || holder.session !== client.session) return
    // An earlier instance may hold it still, where a later one never got to take it.
    if (holder.instance <= client.instance) this.images.set(image, { ...found, lock: null })
  }

  #write({ image, client, generation, block, value }: StorageApi['write']['req']): Accessed {
    if (this.#isBlocked(client)) return { kind: 'blocked' }
    const found = this.images.get(image)
    if (found === undefined || !holds(found, client, generation)) return { kind: 'not-owner' }
    const blocks = new Map(found.blocks)
    blocks.set(block, value)
    this.images.set(image, { ...found, blocks })
    this.lastWrite = { image, client, generation }
    return { kind: 'ok', value }
  }

  #remove(image: string): 'removed' | 'locked' {
    const lock = this.images.get(image)?.lock ?? null
    if (lock !== null && !this.#isBlocked(lock.client)) return 'locked'
    this.images.delete(image)
    return 'removed'
  }

  /** Of a session that is over nothing is accepted anyhow. */
  #forgetReleased(machine: HostName): void {
    const known = this.sessions.get(machine)
    if (known === undefined) return
    const ending = ` ${machine}/${known.session}`
    for (const key of [...this.released.keys()]) if (key.endsWith(ending)) this.released.delete(key)
  }

  #isBlocked(client: StorageClient): boolean {
    return this.stateOf(client) !== 'open' || this.blockedClients.has(clientName(client))
  }

  // ---------------------------------------------------------------- the journal

  encode(): unknown {
    return {
      images: [...this.images.values()].map((image) => ({ ...image, blocks: [...image.blocks] })),
      sessions: [...this.sessions],
      blockedClients: [...this.blockedClients],
      blocklist: this.blocklist,
      released: [...this.released],
    }
  }

  decode(state: unknown): void {
    const kept = state as Encoded
    for (const image of kept.images) this.images.set(image.name, { ...image, blocks: new Map(image.blocks) })
    for (const [machine, session] of kept.sessions) this.sessions.set(machine, session)
    for (const client of kept.blockedClients) this.blockedClients.add(client)
    this.blocklist.push(...kept.blocklist)
    for (const [key, instance] of kept.released) this.released.set(key, instance)
  }

  redo(record: unknown): void {
    this.#perform(record as Change)
    this.lastWrite = null
    this.lastBroken = null
  }
}

interface Encoded {
  readonly images: readonly (Omit<Image, 'blocks'> & { readonly blocks: [number, number][] })[]
  readonly sessions: readonly [HostName, { session: number; state: SessionState }][]
  readonly blockedClients: readonly string[]
  readonly blocklist: readonly string[]
  readonly released: readonly [string, number][]
}

const releaseKey = (image: string, { machine, session }: Session): string => `${image} ${machine}/${session}`

function holds({ lock, generation: opened }: Image, client: StorageClient, generation: number): boolean {
  return lock !== null && isSame(lock.client, client) && generation === opened
}

function isSame(one: StorageClient, other: StorageClient): boolean {
  return one.machine === other.machine && one.session === other.session && one.instance === other.instance
}
