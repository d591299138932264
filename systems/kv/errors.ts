/** What the engine answers when it cannot do what it was asked: each with a stable `code`. */
import { SeedfallError } from '../../sim/host/errors.js'

export type KvErrorCode = 'busy' | 'closed' | 'corrupt' | 'expired-term' | 'failed-read' | 'not-found' | 'not-written' | 'out-of-space' | 'unknown-outcome'

export abstract class KvError extends SeedfallError {
  abstract override readonly code: KvErrorCode
}

/** The store or the snapshot is closed, or was closed before the operation began to take effect. */
export class StoreClosed extends KvError {
  readonly code = 'closed'
}

/** Too many operations wait already: nothing was done; again, later. */
export class StoreBusy extends KvError {
  readonly code = 'busy'
}

/** What was asked for by name does not exist: an archive, a table that is read as of a moment. */
export class NotFound extends KvError {
  readonly code = 'not-found'
}

/** The disk has no room: nothing was changed. */
export class OutOfSpace extends KvError {
  readonly code = 'out-of-space'
}

/** Pages could not be written or synced: nothing was changed. */
export class NotWritten extends KvError {
  readonly code = 'not-written'
}

/** The disk or the object store would not give what is there. */
export class FailedRead extends KvError {
  readonly code = 'failed-read'
}

/** The write may have happened, or not, or may turn out to have happened after the next start. */
export class UnknownOutcome extends KvError {
  readonly code = 'unknown-outcome'
}

/** Another owner has a later term: this one neither reads nor writes any more. */
export class ExpiredTerm extends KvError {
  readonly code = 'expired-term'
  constructor(
    readonly partition: string,
    readonly term: number,
  ) {
    super(`${partition}: term ${term} is over, another owner has a later one`)
  }
}

/** Bytes are not what was written. They are never served. */
export abstract class Corrupt extends KvError {
  readonly code = 'corrupt'
}

/** Where a page lies: file and page in it, counted from 0. */
export interface PagePlace {
  readonly file: string
  readonly page: number
}

export class CorruptPage extends Corrupt {
  constructor(
    readonly place: PagePlace,
    /** The logical page that should lie there. */
    readonly logical: number,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${place.file}: page ${place.page} (logical ${logical}): expected ${expected}, found ${found}`)
  }
}

/** A manifest, an archive or an object of the cloud tier; of its records, `expected` and `found` name the checksums. */
export class CorruptManifest extends Corrupt {
  constructor(
    readonly file: string,
    /** In bytes. */
    readonly offset: number,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${file}: at ${offset}: expected ${expected}, found ${found}`)
  }

  static of(file: string, offset: number, { expected, found }: { readonly expected: string; readonly found: string }): CorruptManifest {
    return new CorruptManifest(file, offset, expected, found)
  }
}

/** A page's checksum holds and its content makes no sense: a defect of the engine, or of who wrote the file. */
export class CorruptContent extends Corrupt {}
