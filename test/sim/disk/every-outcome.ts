import type { PageFate, PendingPage, PowerLossDice } from '../../../sim/disk/power-loss.js'

export const garbageSeed = 0x5eed

/** Dice that, over repeated runs of the same thing, give every combination of answers once. */
export class EveryOutcome implements PowerLossDice {
  readonly #chosen: number[] = []
  readonly #options: number[] = []
  #next = 0

  /** Sets the next combination; false when all have been. */
  advance(): boolean {
    this.#next = 0
    while (this.#chosen.length > 0) {
      const last = this.#chosen.length - 1
      const choice = (this.#chosen[last] as number) + 1
      if (choice < (this.#options[last] as number)) {
        this.#chosen[last] = choice
        return true
      }
      this.#chosen.pop()
      this.#options.pop()
    }
    return false
  }

  keepsName(): boolean {
    return this.#choose(2) === 1
  }

  sizeVersion(size: { newest: number }): number {
    return this.#choose(size.newest + 1)
  }

  pageFate(page: PendingPage): PageFate {
    const versions = page.newest - page.oldest + 1
    const from = page.oldest + this.#choose(versions)
    const to = from + this.#choose(page.newest - from + 1)
    if (from === to) return { kind: 'version', version: from }
    const dirty = page.dirtySectors(from, to)
    let sectors = ''
    for (let sector = 0; sector < 8; sector++) sectors += (dirty & (1 << sector)) === 0 ? 'o' : 'ong'[this.#choose(3)]
    return { kind: 'torn', from, to, sectors, garbage: garbageSeed }
  }

  #choose(options: number): number {
    const index = this.#next++
    if (index === this.#chosen.length) {
      this.#chosen.push(0)
      this.#options.push(options)
    }
    return this.#chosen[index] as number
  }
}
