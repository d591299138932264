import { ms } from '../../../sim/host/durations.js'
import type { Host, HostName } from '../../../sim/host/seam.js'
import type { SecurityRule } from '../definition.js'
import type { VmAddress } from './addresses.js'
import { type FlowRequest, type Frame, flow, type GuestReply, type GuestRequest, gatewayMac, vxlan } from './frames.js'
import { Neighbours } from './neighbours.js'

/** What a guest's network card is connected to. */
export interface Tap {
  readonly vm: string
  readonly address: VmAddress
  readonly security: readonly SecurityRule[]
  /** What the guest does with a request. Not called twice for one. */
  answer(request: GuestRequest): Promise<GuestReply>
}

/**
 * The bridge of a machine: TAPs on VLANs, one for each segment, and a VXLAN tunnel endpoint that joins each segment's VLANs across machines. A guest sees what
 * is on its own segment, and of that what its rules allow.
 */
export class Bridge {
  /** By name of the interface. */
  readonly taps = new Map<string, Tap>()
  readonly neighbours: Neighbours
  readonly #host: Host

  /** `entrance` is called before anything that comes is looked at. */
  constructor(host: Host, entrance: () => void) {
    this.#host = host
    const answer = (request: FlowRequest) => this.#answer(request)
    this.neighbours = new Neighbours(host, answer)
    host.net.serve(vxlan, {
      frame: (frame, from) => {
        entrance()
        this.#receive(frame, from)
        return null
      },
    })
    host.net.serve(flow, {
      request(request) {
        entrance()
        return answer(request)
      },
    })
  }

  plug(tap: Tap): void {
    this.taps.set(tap.address.tap, tap)
  }

  unplug(address: VmAddress): void {
    this.taps.delete(address.tap)
  }

  /** Tells everybody on the segment where the guest is; several times, since any of them may be lost. */
  announce({ tap, vni, mac, ip }: VmAddress, times = 3): void {
    if (!this.taps.has(tap)) return
    this.neighbours.flood({ kind: 'announcement', vni, source: mac, ip })
    if (times > 1) this.#host.clock.timer(announcementPause, () => this.announce({ tap, vni, mac, ip } as VmAddress, times - 1))
  }

  /** A guest asks another of its segment. */
  ask({ vni, mac }: VmAddress, ip: string, port: number, body: GuestRequest): Promise<GuestReply> {
    for (const { address } of this.taps.values()) if (address.vni === vni && address.ip === ip) this.neighbours.isHere(vni, ip, address.mac)
    return this.neighbours.ask({ vni, mac }, ip, port, body)
  }

  #receive(frame: Frame, from: HostName): void {
    this.neighbours.learn(frame, from)
    if (frame.kind !== 'arp') return
    const { vni, source, ip } = frame
    for (const { address } of this.taps.values()) {
      if (address.vni !== vni || address.ip !== ip) continue
      this.#host.net.send(vxlan, from, 'frame', { kind: 'arp-reply', vni, source: address.mac, destination: source, ip })
    }
  }

  async #answer({ vni, source, destination, port, body }: FlowRequest): Promise<GuestReply | { kind: 'not-here' }> {
    for (const tap of this.taps.values()) {
      if (tap.address.vni !== vni || tap.address.mac !== destination) continue
      return isAllowed(tap.security, source === gatewayMac, port) ? tap.answer(body) : { kind: 'unreachable' }
    }
    return { kind: 'not-here' }
  }
}

function isAllowed(rules: readonly SecurityRule[], isFromGateway: boolean, port: number): boolean {
  return rules.some((rule) => rule.port === port && (rule.from === 'anywhere' || !isFromGateway))
}

const announcementPause = ms(100)
