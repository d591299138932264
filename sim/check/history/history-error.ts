import { SeedfallError } from '../../host/errors.js'

/** A text that is no history, or not of the sort that was asked for: what, and in which line. */
export class HistoryError extends SeedfallError {
  readonly code = 'bad-history'

  constructor(
    message: string,
    /** Counted from 1; undefined when it is no single line. */
    readonly line?: number,
  ) {
    super(line === undefined ? message : `line ${line}: ${message}`)
  }
}
