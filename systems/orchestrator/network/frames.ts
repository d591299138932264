import type { HostName } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'

/** What guests ask of each other, and the world of them by the gateway. */
export type GuestRequest =
  | { readonly f: 'get' }
  | { readonly f: 'put'; readonly value: number }
  /** What the guest with this address of its own segment answers to `get`. */
  | { readonly f: 'ask'; readonly ip: string }

/** `vm`: who answered, and in which generation. */
export type GuestReply =
  | { readonly kind: 'value'; readonly vm: string; readonly generation: number; readonly value: number | null }
  /** Nobody can tell what became of it: the disk or the guest did not answer. */
  | { readonly kind: 'no-answer' }
  /** It was not done: nobody has the address, the guest does not listen, or its rules refuse it. */
  | { readonly kind: 'unreachable' }

/** Broadcasts on a segment: datagrams in VXLAN, from one tunnel endpoint to all others. */
export type Frame =
  | { readonly kind: 'arp'; readonly vni: number; readonly source: string; readonly ip: string }
  | { readonly kind: 'arp-reply'; readonly vni: number; readonly source: string; readonly destination: string; readonly ip: string }
  /** Says to all where a MAC address is now: after a start, and after a migration. */
  | { readonly kind: 'announcement'; readonly vni: number; readonly source: string; readonly ip: string }

export const vxlan = protocol<{ frame: { req: Frame; res: null } }>('vm-vxlan', { transport: 'datagram' })

/** A connection to a guest, by the tunnel endpoint that it is behind. */
export interface FlowRequest {
  readonly vni: number
  /** MAC addresses. */
  readonly source: string
  readonly destination: string
  readonly port: number
  readonly body: GuestRequest
}

/** `not-here`: no such MAC address is behind this endpoint; nothing was done. */
export const flow = protocol<{ request: { req: FlowRequest; res: GuestReply | { readonly kind: 'not-here' } } }>('vm-flow')

/** How the world reaches guests. */
export const gatewayApi = protocol<{
  request: { req: { readonly vni: number; readonly ip: string; readonly port: number; readonly body: GuestRequest }; res: GuestReply }
}>('vm-gateway')

/** MAC address of the gateway, on every segment. */
export const gatewayMac = '02:ff:ff:ff:ff:fe'

/** Where MAC addresses are, by segment: learnt from what comes, as bridges and VTEPs do. */
export class ForwardingTable {
  readonly #places = new Map<string, HostName>()

  learn(vni: number, mac: string, place: HostName): void {
    this.#places.set(`${vni} ${mac}`, place)
  }

  forget(vni: number, mac: string): void {
    this.#places.delete(`${vni} ${mac}`)
  }

  placeOf(vni: number, mac: string): HostName | undefined {
    return this.#places.get(`${vni} ${mac}`)
  }
}
