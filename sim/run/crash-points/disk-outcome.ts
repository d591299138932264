import type { PageFate, PendingName, PendingPage, PendingSize, PowerLossDice } from '../../disk/power-loss.js'
import type { Key } from '../../kernel/mix.js'
import { Stream } from '../../kernel/stream.js'

/**
 * One outcome of a power loss, by its number: 0, nothing that was not synced is left; 1, all of it is; 2, every page that can be is torn; further ones are drawn, each
 * thing by itself. `text` says what was decided: equal texts are equal outcomes.
 */
export class DiskOutcome implements PowerLossDice {
  readonly #number: number
  readonly #random: Stream
  #decided = ''

  constructor(key: Key, number: number) {
    this.#number = number
    this.#random = Stream.of(key, `outcome ${number}`)
  }

  /** Empty: there was nothing to decide. */
  get text(): string {
    return this.#decided
  }

  keepsName(_change: PendingName): boolean {
    const keeps = this.#number === 0 ? false : this.#number <= 2 || this.#random.int(2) === 0
    this.#decided += keeps ? 'N' : 'n'
    return keeps
  }

  sizeVersion({ newest }: PendingSize): number {
    const version = this.#number === 0 ? 0 : this.#number <= 2 ? newest : this.#random.int(newest + 1)
    this.#decided += `s${version}`
    return version
  }

  pageFate(page: PendingPage): PageFate {
    const fate = this.#fateOf(page)
    this.#decided += fate.kind === 'version' ? `v${fate.version}` : `t${fate.from}-${fate.to}${fate.sectors}`
    return fate
  }

  #fateOf({ oldest, newest }: PendingPage): PageFate {
    if (this.#number === 0) return { kind: 'version', version: oldest }
    if (this.#number === 1 || oldest === newest) return { kind: 'version', version: newest }
    const random = this.#random
    if (this.#number > 2 && random.int(2) === 0) return { kind: 'version', version: oldest + random.int(newest - oldest + 1) }
    const from = oldest + random.int(newest - oldest)
    const letters = random.int(3) === 0 ? 'ong' : 'on'
    let sectors = ''
    for (let sector = 0; sector < 8; sector++) sectors += letters[random.int(letters.length)]
    return { kind: 'torn', from, to: from + 1 + random.int(newest - from), sectors, garbage: random.u32() }
  }
}
