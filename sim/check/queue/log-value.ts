import { show } from '../show.js'
import type { valueKey } from '../value-key.js'
import type { QueueEvent } from './queue-operation.js'

export type ValueKey = ReturnType<typeof valueKey>

/** One value of one key with all that is known of it: found once, so that no check has to look it up again. */
export class LogValue {
  /** As it was told last. */
  shown: unknown = undefined
  /** Who sent it. */
  writer: QueueEvent | undefined = undefined
  /** Who polled it and was answered, failed or not. */
  readonly readers: QueueEvent[] = []
  /** A poll showed it that did not fail. */
  isPolled = false
  /** Where it was seen first in its key's log, and last, whatever else was seen there; -1 when its offset is not known. */
  firstIndex = -1
  lastIndex = -1
  /** Where it stands in the log, if anywhere; of several places the last, of several values at one place only the first has one. */
  index: number | undefined = undefined

  constructor(readonly key: ValueKey) {}

  /** How messages show it. */
  get text(): string {
    return show(this.shown)
  }
}

/** The values of each key, one object each. */
export class LogValues {
  readonly #keys = new Map<string, Map<ValueKey, LogValue>>()

  of(key: string): Map<ValueKey, LogValue> {
    let values = this.#keys.get(key)
    if (values === undefined) {
      values = new Map()
      this.#keys.set(key, values)
    }
    return values
  }
}
