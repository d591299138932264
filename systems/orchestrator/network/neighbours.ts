import { ms } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import type { Host, HostName } from '../../../sim/host/seam.js'
import { ForwardingTable, type Frame, flow, type GuestReply, type GuestRequest, vxlan } from './frames.js'

/** Who asks: its MAC address, on a segment. */
export interface Asker {
  readonly vni: number
  readonly mac: string
}

/**
 * The part of the network that tunnel endpoints have in common: they learn where MAC addresses are, find addresses by ARP, and open flows to guests. What is
 * learnt is believed until a flow finds nobody there.
 */
export class Neighbours {
  readonly forwarding = new ForwardingTable()
  readonly #host: Host
  readonly #endpoints: readonly HostName[]
  /** MAC addresses by segment and IP address. */
  readonly #known = new Map<string, string>()
  readonly #resolving = new Map<string, ((mac: string | null) => void)[]>()

  /** `own`: answers a flow to this very endpoint. */
  constructor(
    host: Host,
    readonly own:
      | ((request: { vni: number; source: string; destination: string; port: number; body: GuestRequest }) => Promise<GuestReply | { kind: 'not-here' }>)
      | null,
  ) {
    this.#host = host
    this.#endpoints = [...(host.peers.machine ?? []), ...(host.peers.gateway ?? [])].filter((name) => name !== host.name)
  }

  /** Takes in a frame from another endpoint. */
  learn(frame: Frame, from: HostName): void {
    this.forwarding.learn(frame.vni, frame.source, from)
    if (frame.kind !== 'arp') this.#resolved(frame.vni, frame.ip, frame.source)
  }

  flood(frame: Frame): void {
    for (const endpoint of this.#endpoints) this.#host.net.send(vxlan, endpoint, 'frame', frame)
  }

  /** Asks the guest that has the address. */
  async ask(from: Asker, ip: string, port: number, body: GuestRequest): Promise<GuestReply> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const mac = await this.#resolve(from, ip)
      if (mac === null) return { kind: 'unreachable' }
      const request = { vni: from.vni, source: from.mac, destination: mac, port, body }
      const place = this.forwarding.placeOf(from.vni, mac)
      try {
        const reply = place === undefined ? await this.own?.(request) : await this.#host.net.call(flow, place, 'request', request, { timeout: flowPatience })
        if (reply !== undefined && reply.kind !== 'not-here') return reply
      } catch (error) {
        if (!(error instanceof NetError)) throw error
        this.#forget(from.vni, ip, mac)
        if (error.code !== 'refused') return { kind: 'no-answer' }
        continue
      }
      this.#forget(from.vni, ip, mac)
    }
    return { kind: 'unreachable' }
  }

  #forget(vni: number, ip: string, mac: string): void {
    this.#known.delete(`${vni} ${ip}`)
    this.forwarding.forget(vni, mac)
  }

  /** A guest of this very endpoint has the address. */
  isHere(vni: number, ip: string, mac: string): void {
    this.forwarding.forget(vni, mac)
    this.#resolved(vni, ip, mac)
  }

  #resolve(from: Asker, ip: string): Promise<string | null> {
    const key = `${from.vni} ${ip}`
    const known = this.#known.get(key)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((settle) => {
      const waiting = this.#resolving.get(key)
      if (waiting !== undefined) {
        waiting.push(settle)
        return
      }
      this.#resolving.set(key, [settle])
      this.flood({ kind: 'arp', vni: from.vni, source: from.mac, ip })
      this.#host.clock.timer(arpPatience, () => this.#settle(key, null))
    })
  }

  #resolved(vni: number, ip: string, mac: string): void {
    const key = `${vni} ${ip}`
    this.#known.set(key, mac)
    this.#settle(key, mac)
  }

  #settle(key: string, mac: string | null): void {
    const waiting = this.#resolving.get(key)
    this.#resolving.delete(key)
    for (const settle of waiting ?? []) settle(mac)
  }
}

const flowPatience = ms(800)
const arpPatience = ms(200)
