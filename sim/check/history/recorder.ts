import { Misuse, NetError, OperationFailed } from '../../host/errors.js'
import type { History, OperationOutcome, OperationRecord } from '../history.js'

export interface RecorderOptions {
  /** Nanoseconds that never go back: `() => host.clock.now()`, or `process.hrtime` as a number. */
  readonly now: () => number
  /** What a rejection says; when not given, `OperationFailed` and a refused call are failures, and all others are unknown outcomes. */
  readonly outcomeOf?: (error: unknown) => { readonly kind: 'fail' | 'unknown'; readonly error: string }
}

/** Records what clients do outside of a workload: in a test, in a benchmark, against a real system. Steps are counted, one for each event. */
export class HistoryRecorder<Op, Result> {
  readonly #records: OperationRecord<Op, Result>[] = []
  #step = 0

  constructor(readonly options: RecorderOptions) {}

  /** As it is now: operations under way have an unknown outcome. */
  get history(): History<Op, Result> {
    return this.#records
  }

  /**
   * Performs an operation for a client, and records it. Resolves and rejects as it does.
   *
   * @example
   * const value = await recorder.perform(1, { f: 'get', key: 'a' }, () => client.get('a'))
   */
  async perform<R extends Result>(client: number, op: Op, call: () => Promise<R>): Promise<R> {
    if (!Number.isSafeInteger(client) || client < 0) throw new Misuse(`a client is a whole number, not ${client}`)
    const record: { -readonly [K in keyof OperationRecord<Op, Result>]: OperationRecord<Op, Result>[K] } = {
      client,
      op,
      invokedAtStep: ++this.#step,
      invokedAt: this.options.now(),
      completedAtStep: null,
      completedAt: null,
      outcome: { kind: 'unknown' },
    }
    this.#records.push(record)
    const complete = (outcome: OperationOutcome<Result>): void => {
      record.completedAtStep = ++this.#step
      record.completedAt = this.options.now()
      record.outcome = outcome
    }
    try {
      const result = await call()
      complete({ kind: 'ok', result })
      return result
    } catch (error) {
      complete((this.options.outcomeOf ?? usualOutcome)(error))
      throw error
    }
  }
}

function usualOutcome(error: unknown): { kind: 'fail' | 'unknown'; error: string } {
  const message = error instanceof Error ? error.message : String(error)
  const isCertain = error instanceof OperationFailed || (error instanceof NetError && error.code === 'refused')
  return { kind: isCertain ? 'fail' : 'unknown', error: message }
}
