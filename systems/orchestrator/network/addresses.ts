/** Where a VM is on its tenant's segment. */
export interface VmAddress {
  /** VXLAN network identifier of the tenant's segment. */
  readonly vni: number
  /** On the hosts' bridges, 1 to 4,094. */
  readonly vlan: number
  /** Which of the segment's addresses it is, from 0. */
  readonly index: number
  readonly ip: string
  readonly mac: string
  /** Name of the TAP interface, at most 15 characters. */
  readonly tap: string
}

/** A segment's own addresses: a /16 of 10.0.0.0/8 without the first 256 and the last. */
export const segmentSize = 65_536 - 257

/** `number`: which segment, from 0 to 255; `serial`: of the VM, never given twice in the life of a cluster. */
export function addressOf(number: number, index: number, serial: number): VmAddress {
  const place = index + 256
  return {
    vni: 10_000 + number,
    vlan: 100 + number,
    index,
    ip: `10.${number}.${place >> 8}.${place & 0xff}`,
    mac: macOf(serial),
    tap: `vm${serial.toString(36)}`,
  }
}

/** Locally administered, unicast: 02 and then the serial number. */
export function macOf(serial: number): string {
  const digits = serial.toString(16).padStart(10, '0')
  return `02:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6, 8)}:${digits.slice(8, 10)}`
}
