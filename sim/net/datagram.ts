import type { HostName } from '../host/seam.js'
import { flipBits } from './corruption.js'

/** What one packet between datagram sockets carries. */
export class DatagramPacket {
  constructor(
    readonly from: HostName,
    readonly fromPort: number,
    readonly port: number,
    readonly bytes: Uint8Array,
  ) {}

  corrupted(die: number): DatagramPacket {
    return new DatagramPacket(this.from, this.fromPort, this.port, flipBits(this.bytes, die))
  }

  toString(): string {
    return `${this.from}:${this.fromPort} > :${this.port} ${this.bytes.length} bytes`
  }
}

/** What UDP over IPv4 can carry in one datagram. */
export const largestDatagram = 65_507
/** Bytes of the headers of IPv4 and UDP, for links that have a bandwidth. */
export const datagramHeader = 28
