/**
 * The manifest as a chain of objects, one a record, each under the number after the one before. Only the first object of a number is ever kept, so the chain has one
 * next record whoever writes: a new owner begins its term with a record of its own, and whoever wrote before finds the number taken and knows that it is over.
 *
 * Old records are removed, and a number that is free again would be taken once more by who was overtaken long ago: so whoever has written a record looks whether the
 * term is still its own before it says so. A new term begins before anything is written under it.
 */
import { CorruptManifest, ExpiredTerm, FailedRead, NotWritten, UnknownOutcome } from './errors.js'
import type { KeptStates, Manifest } from './manifest.js'
import { describeDamage, encodeDelta, encodeState, type ManifestRecord, ownerOf, readRecord } from './manifest-record.js'
import { applyDeltas, type ManifestDelta, type ManifestState } from './manifest-state.js'
import type { ObjectRequests } from './object-requests.js'

const digits = 12

export interface CloudManifestOptions {
  readonly requests: ObjectRequests
  /** Before the names of all objects of the partition. */
  readonly prefix: string
  readonly partition: string
  readonly term: number
  /** Whether no later term has begun. Rejects with `FailedRead`. */
  readonly isCurrent: () => Promise<boolean>
  readonly snapshotEvery: number
  /** What a partition is like that is made now. */
  readonly empty: ManifestState
  /** The term has begun, with this state. */
  readonly onBegin: (state: ManifestState) => void
}

export class CloudManifest implements Manifest {
  readonly #options: CloudManifestOptions
  readonly #owner: number
  /** Of the next record. */
  #next = 0
  /** Records since the last whole state. */
  #changes = 0
  /** The last record is the state as it is. */
  #isFresh = false
  /** A record was sent to this number, and nobody knows whether it is there. */
  #isInDoubt = false

  constructor(options: CloudManifestOptions) {
    this.#options = options
    this.#owner = ownerOf(options.partition)
  }

  get isLong(): boolean {
    return this.#changes > this.#options.snapshotEvery
  }

  async load(): Promise<KeptStates | null> {
    const { requests, prefix, partition, term, empty, onBegin } = this.#options
    const keys = await requests.list(`${prefix}/manifest-`)
    let state = await this.#replay(keys)
    this.#next = keys.length === 0 ? 0 : this.#numberOf(keys[keys.length - 1] as string) + 1
    for (;;) {
      const begun: ManifestState = { ...(state ?? empty), term }
      const put = await requests.putFirst(this.#key(this.#next), encodeState(begun, this.#owner))
      if (put === 'written') {
        if (!(await this.#options.isCurrent())) throw new ExpiredTerm(partition, term)
        this.#next++
        this.#isFresh = true
        onBegin(begun)
        return state === null ? null : { state: begun, redo: [] }
      }
      if (put !== 'taken') throw new NotWritten(`${partition}: term ${term} could not begin: the object store does not answer`)
      // An earlier owner was faster, once more; a later one has it already.
      const record = await this.#read(this.#next)
      if (termOf(record) > term) throw new ExpiredTerm(partition, term)
      state = record.kind === 'whole' ? record.state : applyDeltas(state ?? empty, [record.delta])
      this.#next++
    }
  }

  async append(delta: ManifestDelta): Promise<void> {
    const { partition, term } = this.#options
    const put = await this.#options.requests.putFirst(this.#key(this.#next), encodeDelta(delta, this.#owner))
    this.#isFresh = false
    if (put === 'taken') throw new ExpiredTerm(partition, term)
    if (put === 'failed') throw new NotWritten(`${partition}: the object store did not take the change to state ${delta.sequence}`)
    // Once another term has begun, its owner may have found the record, or not.
    if (put === 'unknown' || !(await this.#isStillCurrent())) {
      this.#isInDoubt = true
      throw new UnknownOutcome(`${partition}: the object store may have taken the change to state ${delta.sequence}, or not`)
    }
    this.#next++
    this.#changes++
  }

  async rewrite(state: ManifestState): Promise<void> {
    const { requests, partition, term } = this.#options
    if (this.#isFresh) return
    const bytes = encodeState(state, this.#owner)
    let put = await requests.putFirst(this.#key(this.#next), bytes)
    if (put === 'taken' && this.#isInDoubt && termOf(await this.#read(this.#next)) === term) {
      // The change in doubt is there: the record after it takes it back. Nobody was told of it.
      this.#next++
      put = await requests.putFirst(this.#key(this.#next), bytes)
    }
    if (put === 'taken') throw new ExpiredTerm(partition, term)
    if (put === 'written' && !(await this.#isCurrentOrInDoubt())) throw new ExpiredTerm(partition, term)
    if (put !== 'written') {
      // Whether it is there or not, it says what is so already; and only the same may follow.
      this.#isInDoubt = true
      throw new NotWritten(`${partition}: the object store does not answer`)
    }
    this.#next++
    this.#changes = 0
    this.#isFresh = true
    this.#isInDoubt = false
    await this.#removeBefore(this.#next - 1)
  }

  close(): void {}

  /** Where nobody can tell, the record that is there is found again by the next try, which must know it for its own. */
  async #isCurrentOrInDoubt(): Promise<boolean> {
    try {
      return await this.#options.isCurrent()
    } catch (error) {
      this.#isInDoubt = true
      throw error
    }
  }

  /** False: it is not, or nobody can tell. */
  async #isStillCurrent(): Promise<boolean> {
    try {
      return await this.#options.isCurrent()
    } catch (error) {
      if (error instanceof FailedRead) return false
      throw error
    }
  }

  /** Records before the last whole state say nothing any more. */
  async #removeBefore(number: number): Promise<void> {
    const { requests, prefix } = this.#options
    try {
      for (const key of await requests.list(`${prefix}/manifest-`)) if (this.#numberOf(key) < number) await requests.delete(key)
    } catch (error) {
      // The next whole state tries again.
      if (!(error instanceof NotWritten || error instanceof FailedRead)) throw error
    }
  }

  /** The state after all records, from the last whole one on. */
  async #replay(keys: readonly string[]): Promise<ManifestState | null> {
    const deltas: ManifestDelta[] = []
    for (let i = keys.length - 1; i >= 0; i--) {
      const number = this.#numberOf(keys[i] as string)
      const record = await this.#read(number)
      if (record.kind === 'whole') {
        this.#changes = deltas.length
        return applyDeltas(record.state, this.#inOrder(record.state, deltas.reverse()))
      }
      if (i > 0 && this.#numberOf(keys[i - 1] as string) !== number - 1) throw new CorruptManifest(this.#key(number - 1), 0, 'a record', 'none')
      deltas.push(record.delta)
    }
    if (deltas.length > 0) throw new CorruptManifest(keys[0] as string, 0, 'a whole state before changes', 'none')
    return null
  }

  #inOrder(state: ManifestState, deltas: readonly ManifestDelta[]): readonly ManifestDelta[] {
    for (const [i, { sequence }] of deltas.entries()) {
      if (sequence !== state.sequence + i + 1)
        throw new CorruptManifest(this.#options.partition, i, `the change to state ${state.sequence + i + 1}`, `that to ${sequence}`)
    }
    return deltas
  }

  async #read(number: number): Promise<ObjectRecord> {
    const key = this.#key(number)
    const found = await this.#options.requests.get(key)
    if (found === null) throw new CorruptManifest(key, 0, 'a record', 'none')
    const read = readRecord(found.body, 0, this.#owner)
    if (read === null) throw CorruptManifest.of(key, 0, describeDamage(found.body, 0, this.#owner))
    const { record, end } = read
    if (end !== found.body.length) throw new CorruptManifest(key, end, 'the end of the object', `${found.body.length - end} bytes more`)
    if (record.kind === 'redo' || record.kind === 'unknown')
      throw new CorruptManifest(key, 0, 'a state or a change to one', `a record of kind '${record.kind}'`)
    return record
  }

  #key(number: number): string {
    return `${this.#options.prefix}/manifest-${String(number).padStart(digits, '0')}`
  }

  #numberOf(key: string): number {
    return Number(key.slice(-digits))
  }
}

/** Records of commits that are still to be written are no objects. */
type ObjectRecord = Exclude<ManifestRecord, { kind: 'redo' | 'unknown' }>

function termOf(record: ObjectRecord): number {
  return record.kind === 'whole' ? record.state.term : record.delta.term
}
