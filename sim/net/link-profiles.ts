import { Misuse } from '../host/errors.js'
import { type Bandwidth, Bottleneck } from './bandwidth.js'
import type { Endpoint } from './endpoint.js'
import { type LatencyProfile, latencyProfile, type NetworkProfile } from './latency.js'

/** What a network is like: one profile for all links, or one with exceptions. */
export type NetworkDescription = NetworkProfile | NetworkPlan

export interface NetworkPlan {
  readonly profile: NetworkProfile
  /** Of every link; any number of bytes a second when not given. */
  readonly bandwidth?: Bandwidth
  /**
   * By the links they are for: `client>broker` one way, `broker-1<>broker-2` both. A side is a host, a role or `*`. Of those that fit a link the one that
   * names most holds (hosts before roles before `*`), and of equals the last.
   */
  readonly overrides?: Readonly<Record<string, LinkOverride>>
}

/** Another latency, or another latency or bandwidth; what is not given stays as the network has it. */
export type LinkOverride = NetworkProfile | { readonly latency?: NetworkProfile; readonly bandwidth?: Bandwidth | null }

/** Which latency and bandwidth each link of a run has. */
export class LinkProfiles {
  readonly #latency: LatencyProfile
  readonly #bandwidth: Bandwidth | null
  readonly #rules: Rule[] = []
  readonly #endpoints: readonly Endpoint[]

  constructor(description: NetworkDescription, endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints
    const plan = isPlan(description) ? description : null
    this.#latency = latencyProfile(plan === null ? (description as NetworkProfile) : plan.profile)
    this.#bandwidth = plan?.bandwidth ?? null
    if (this.#bandwidth !== null) new Bottleneck(this.#bandwidth)
    if (plan?.overrides !== undefined) for (const [links, override] of Object.entries(plan.overrides)) this.add(links, override)
  }

  /** From now on these links are so. Throws `Misuse` for links that there are not. Answers whom it is for. */
  add(links: string, override: LinkOverride): (from: Endpoint, to: Endpoint) => boolean {
    const parts = links.split(/<>|>/)
    const [from, to] = parts
    if (from === undefined || to === undefined || parts.length !== 2) {
      throw new Misuse(`'${links}' names no links: write 'a>b' for one direction, 'a<>b' for both, with a host, a role or * on each side`)
    }
    const rules = [this.#rule(from, to, override)]
    if (links.includes('<>')) rules.push(this.#rule(to, from, override))
    this.#rules.push(...rules)
    return (one, other) => rules.some((rule) => rule.covers(one, other))
  }

  latencyOf(from: Endpoint, to: Endpoint): LatencyProfile {
    return this.#best(from, to, (rule) => rule.latency) ?? this.#latency
  }

  /** A new bottleneck, nothing waiting before it; null: none. */
  bottleneckOf(from: Endpoint, to: Endpoint): Bottleneck | null {
    const own = this.#best(from, to, (rule) => rule.bandwidth)
    const bandwidth = own === undefined ? this.#bandwidth : own
    return bandwidth === null ? null : new Bottleneck(bandwidth)
  }

  #best<T>(from: Endpoint, to: Endpoint, of: (rule: Rule) => T | undefined): T | undefined {
    let best: T | undefined
    let weight = -1
    for (const rule of this.#rules) {
      const value = of(rule)
      if (value === undefined || rule.weight < weight || !rule.covers(from, to)) continue
      best = value
      weight = rule.weight
    }
    return best
  }

  #rule(from: string, to: string, override: LinkOverride): Rule {
    const isShape = typeof override === 'object' && !('min' in override)
    const latency = isShape ? override.latency : (override as NetworkProfile)
    const bandwidth = isShape ? override.bandwidth : undefined
    if (bandwidth) new Bottleneck(bandwidth)
    const [isFrom, fromWeight] = this.#side(from)
    const [isTo, toWeight] = this.#side(to)
    return {
      covers: (one, other) => isFrom(one) && isTo(other),
      weight: fromWeight + toWeight,
      latency: latency === undefined ? undefined : latencyProfile(latency),
      bandwidth,
    }
  }

  #side(name: string): [is: (endpoint: Endpoint) => boolean, weight: number] {
    if (name === '*') return [() => true, 0]
    const endpoints = this.#endpoints
    if (endpoints.some((endpoint) => endpoint.name === name)) return [(endpoint) => endpoint.name === name, 3]
    if (endpoints.some((endpoint) => endpoint.role === name)) return [(endpoint) => endpoint.role === name, 1]
    const roles = [...new Set(endpoints.map((endpoint) => endpoint.role))]
    throw new Misuse(
      `the network's links name '${name}', which is neither a host (${endpoints.map((endpoint) => endpoint.name).join(', ')}) nor a role (${roles.join(', ')})`,
    )
  }
}

interface Rule {
  covers(from: Endpoint, to: Endpoint): boolean
  readonly weight: number
  readonly latency: LatencyProfile | undefined
  /** null: any number of bytes a second; undefined: it says nothing of that. */
  readonly bandwidth: Bandwidth | null | undefined
}

function isPlan(description: NetworkDescription): description is NetworkPlan {
  return typeof description === 'object' && 'profile' in description
}
