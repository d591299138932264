import type { CodeSites } from '../host/code-sites.js'
import { InjectedFailure, Misuse } from '../host/errors.js'
import type { Incarnation } from '../host/incarnation.js'
import type { FailpointErrors } from '../host/seam.js'
import { deriveKey, dice, hashString, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { FaultKind, Injection, InjectionArgs } from './injection.js'
import type { SimulatedFaultWorld } from './simulated-fault-world.js'

/** What a failpoint does when it is struck; nothing named: the site goes on at once. */
export type FailpointHarm =
  | { readonly delayNanos: number }
  /** One of the errors that the site names, or any other word: an `InjectedFailure`. */
  | { readonly error: string }
  /** Never returns; a watchdog kills the process after a time (null: none does), and the supervisor starts it again. */
  | { readonly hangs: true; readonly killAfterNanos: number | null }

/**
 * The faults inside the code: `host.maybe` and `host.failpoint`. Seeded, a run arms a quarter of the sites, by their name, and strikes an armed one at
 * its kind's rate (FoundationDB's BUGGIFY); whether a call is struck is a pure function of (kind, site, host, ordinal). Listed, exactly the named
 * calls are struck. Calls are counted by (host, site) through all lives of the host.
 */
export class SimulatedCodeSites implements CodeSites {
  readonly #world: SimulatedFaultWorld
  readonly #key: Key
  /** Kinds that the seed strikes with. */
  readonly #isArmed: { readonly maybe: boolean; readonly failpoint: boolean }
  #isListed = false
  readonly #sites = new Map<string, CodeSite>()
  /** By `kind host site #ordinal`. */
  readonly #listed = new Map<string, Injection>()

  constructor(world: SimulatedFaultWorld, key: Key, armed: readonly FaultKind[]) {
    this.#world = world
    this.#key = deriveKey(key, 'code')
    this.#isArmed = { maybe: armed.includes(maybeKind), failpoint: armed.includes(failpointKind) }
  }

  /** These calls are struck, whatever the dice. */
  list(occurrences: readonly Injection[]): void {
    this.#isListed = true
    for (const injection of occurrences) this.#listed.set(`${injection.kind} ${injection.site} #${injection.ordinal}`, injection)
  }

  maybe(life: Incarnation, site: string): boolean {
    const isArmed = this.#isArmed.maybe
    return (isArmed || this.#isListed) && this.#strike(maybeKind, isArmed, life, site, () => ({})) !== null
  }

  async failpoint(life: Incarnation, site: string, errors: FailpointErrors): Promise<void> {
    const isArmed = this.#isArmed.failpoint
    if (!isArmed && !this.#isListed) return
    const injection = this.#strike(failpointKind, isArmed, life, site, (random) => this.#drawHarm(life, random, errors))
    if (injection === null) return
    const harm = injection.args as unknown as FailpointHarm
    if ('delayNanos' in harm) await life.clock.sleep(harm.delayNanos)
    else if ('error' in harm) throw errors[harm.error]?.() ?? new InjectedFailure(site, harm.error)
    else if ('hangs' in harm) await this.#hang(life, harm.killAfterNanos)
  }

  #strike(kind: FaultKind, isArmed: boolean, life: Incarnation, name: string, draw: (random: Stream) => InjectionArgs): Injection | null {
    const world = this.#world
    const site = this.#site(kind, isArmed, life, name)
    const ordinal = ++site.calls
    let injection = this.#listed.get(`${kind} ${site.place} #${ordinal}`)
    if (injection === undefined) {
      if (!isArmed || !site.isArmed || world.isOver) return null
      world.opportunity(kind)
      if (dice(site.key, ordinal) % 1000 >= world.option(`${kind}.perMille`)) return null
      injection = { kind, site: site.place, ordinal, at: world.kernel.now, args: draw(Stream.of(deriveKey(site.key, 'harm'), ordinal)) }
      world.injected(injection)
    }
    world.kernel.fold(site.word ^ ordinal)
    if (world.kernel.sink !== undefined) world.kernel.note(life.name, life.incarnation, kind, `${name} #${ordinal} ${JSON.stringify(injection.args)}`)
    world.acted(injection)
    return injection
  }

  #site(kind: FaultKind, isArmed: boolean, life: Incarnation, name: string): CodeSite {
    const place = `${life.name} ${name}`
    const label = `${kind} ${place}`
    let site = this.#sites.get(label)
    if (site === undefined) {
      if (!/^\S+$/.test(name)) throw new Misuse(`a site inside the code is named by a word without blanks, not '${name}'`)
      const nameKey = deriveKey(deriveKey(this.#key, kind), name)
      site = new CodeSite(place, hashString(label), deriveKey(nameKey, life.name), dice(nameKey, 0) % 1000 < this.#world.option(`${kind}.armedPerMille`))
      this.#sites.set(label, site)
      if (isArmed) this.#world.counts.of(kind).armed = true
    }
    return site
  }

  /** Three strikes of four are delays; the others hang where the budget allows it, or throw where the site names errors. */
  #drawHarm(life: Incarnation, random: Stream, errors: FailpointErrors): InjectionArgs {
    const names = Object.keys(errors)
    const shape = random.int(4)
    if (shape < 2 && names.length > 0) return { error: random.pick(names) }
    if (shape === 3 && life.role !== 'client' && this.#world.budget.allows([life.name]))
      return { hangs: true, killAfterNanos: millis(random, this.#world.option('code.failpoint.hangMillis')) }
    return { delayNanos: millis(random, this.#world.option('code.failpoint.mostMillis')) }
  }

  #hang(life: Incarnation, killAfterNanos: number | null): Promise<never> {
    const world = this.#world
    const { machine } = life
    world.holdDown(machine)
    const kill = () => {
      if (!life.alive) return
      machine.kill(true)
      world.restartAfter(machine, 1_000_000)
    }
    if (killAfterNanos !== null) world.untilHealed(kill, killAfterNanos, `${failpointKind} kills ${machine.name}`)
    return new Promise(() => {})
  }
}

class CodeSite {
  calls = 0
  constructor(
    readonly place: string,
    readonly word: number,
    readonly key: Key,
    readonly isArmed: boolean,
  ) {}
}

const maybeKind = 'code.maybe'
const failpointKind = 'code.failpoint'

function millis(random: Stream, most: number): number {
  return (1 + random.int(Math.max(1, most))) * 1_000_000
}
