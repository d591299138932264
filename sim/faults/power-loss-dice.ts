import type { PageFate, PendingName, PendingPage, PendingSize, PowerLossDice } from '../disk/power-loss.js'
import type { Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { FaultWorld } from './fault-world.js'
import type { FaultKind, Injection } from './injection.js'

/**
 * Decides what one disk keeps at a power loss. Drawn once by the injection's own key, and written into it (`fates`), so that a listed injection
 * gives the same sectors back. Where a replayed disk asks another question than the recorded one, the key decides again.
 */
export class DrawnPowerLoss implements PowerLossDice {
  readonly #random: Stream
  readonly #given: readonly unknown[]
  readonly #fates: unknown[] = []
  readonly #lost: number
  readonly #torn: number
  readonly #lostNames: number
  readonly #isPlain: boolean
  readonly #mayHoldGarbage: boolean

  constructor(
    readonly world: FaultWorld,
    readonly injection: Injection,
    readonly host: SimulatedHost,
  ) {
    const args = injection.args as {
      key?: [number, number]
      fates?: Record<string, unknown[]>
      lostPerMille?: number
      tornPerMille?: number
      lostNamesPerMille?: number
      garbage?: readonly string[]
    }
    this.#random = Stream.of(keyOf(world, injection.at, args.key), host.name)
    this.#given = args.fates?.[host.name] ?? []
    const { lostPerMille = 500, tornPerMille = 200, lostNamesPerMille = 500 } = args
    // One loss in four is the plain one: nothing that was not synced is left, of the kinds that are armed.
    const isPlain = this.#random.int(4) === 0
    this.#lost = isPlain && lostPerMille > 0 ? 1000 : lostPerMille
    this.#torn = isPlain && lostPerMille > 0 ? 0 : tornPerMille
    this.#lostNames = isPlain && lostNamesPerMille > 0 ? 1000 : lostNamesPerMille
    this.#isPlain = isPlain
    this.#mayHoldGarbage = args.garbage?.includes(host.name) !== false
  }

  keepsName(_change: PendingName): boolean {
    this.world.opportunity('disk.lost-rename')
    const given = this.#next()
    const keeps = typeof given === 'boolean' ? given : this.#random.int(1000) >= this.#lostNames
    this.#fates.push(keeps)
    if (!keeps) this.#harmed('disk.lost-rename')
    return keeps
  }

  sizeVersion(size: PendingSize): number {
    this.world.opportunity('disk.lost')
    const given = this.#next()
    let version = size.newest
    if (typeof given === 'number' && given >= 0 && given <= size.newest) version = given
    else if (this.#random.int(1000) < this.#lost) version = this.#isPlain ? 0 : this.#random.int(size.newest + 1)
    this.#fates.push(version)
    if (version < size.newest) this.#harmed('disk.lost')
    return version
  }

  pageFate(page: PendingPage): PageFate {
    this.world.opportunity('disk.lost')
    this.world.opportunity('disk.torn')
    const given = this.#next() as PageFate | undefined
    const fate = isFateOf(given, page) ? given : this.#draw(page)
    this.#fates.push(fate)
    if (fate.kind === 'torn') this.#harmed('disk.torn')
    else if (fate.version < page.newest) this.#harmed('disk.lost')
    return fate
  }

  /** Completes the injection with what was decided. */
  record(): void {
    const args = this.injection.args as { fates?: Record<string, unknown[]> }
    if (this.#fates.length === 0) return
    args.fates = { ...args.fates, [this.host.name]: this.#fates }
  }

  #draw(page: PendingPage): PageFate {
    const random = this.#random
    if (random.int(1000) < this.#torn) {
      const from = page.oldest + random.int(page.newest - page.oldest)
      const to = from + 1 + random.int(page.newest - from)
      const letters = random.int(4) === 0 && this.#mayHoldGarbage ? 'ong' : 'on'
      let sectors = ''
      for (let i = 0; i < 8; i++) sectors += letters[random.int(letters.length)]
      return { kind: 'torn', from, to, sectors, garbage: random.u32() }
    }
    if (random.int(1000) < this.#lost)
      return { kind: 'version', version: this.#isPlain ? page.oldest : page.oldest + random.int(page.newest - page.oldest + 1) }
    return { kind: 'version', version: page.newest }
  }

  #next(): unknown {
    return this.#given[this.#fates.length]
  }

  #harmed(kind: FaultKind): void {
    this.world.harmed(kind)
  }
}

/** A power loss by hand brings no key: the seed and the moment decide. */
function keyOf({ kernel }: FaultWorld, at: Nanos, given: readonly [high: number, low: number] | undefined): Key {
  return given === undefined ? deriveKey(deriveKey(kernel.key, 'power-loss'), String(at)) : { high: given[0], low: given[1] }
}

function isFateOf(fate: PageFate | undefined, page: PendingPage): fate is PageFate {
  if (typeof fate !== 'object' || fate === null) return false
  if (fate.kind === 'version') return fate.version >= page.oldest && fate.version <= page.newest
  return fate.kind === 'torn' && fate.from >= page.oldest && fate.to <= page.newest && fate.from < fate.to
}
