import { Misuse, NetError } from '../host/errors.js'
import type { Datagram, DatagramSocket, HostName } from '../host/seam.js'
import { datagram as datagramKind } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { DatagramPacket, datagramHeader, largestDatagram } from './datagram.js'
import type { Endpoint } from './endpoint.js'
import type { Network } from './network.js'
import type { SocketLife } from './socket-life.js'
import { requirePort } from './socket-table.js'
import { hashBytes } from './values.js'

/** What Linux keeps for a socket whose process does not read (net.core.rmem_default); what comes then is lost. */
const receiveCapacity = 212_992

/** A datagram socket of one process. */
export class SimulatedDatagramSocket implements DatagramSocket {
  readonly #machine: Endpoint
  readonly #network: Network
  readonly #kernel: Kernel
  readonly #leave: () => void
  readonly #received: DatagramPacket[] = []
  #held = 0
  readonly #waiting: { resolve: (datagram: Datagram) => void; reject: (error: unknown) => void }[] = []
  #isOpen = true

  constructor(
    readonly life: SocketLife,
    readonly port: number,
    machine: Endpoint,
    network: Network,
    kernel: Kernel,
    leave: () => void,
  ) {
    this.#machine = machine
    this.#network = network
    this.#kernel = kernel
    this.#leave = leave
  }

  send(to: HostName, port: number, bytes: Uint8Array): void {
    requirePort('send(to, port, bytes)', port, 1)
    if (!(bytes instanceof Uint8Array)) throw new Misuse('send(to, port, bytes) takes a Uint8Array')
    const target = this.#network.endpoint(to)
    if (!this.life.effect()) return
    if (!this.#isOpen) throw this.#closed()
    if (bytes.length > largestDatagram) {
      throw new NetError('too-large', `a datagram of ${bytes.length} bytes to ${to}:${port}: at most ${largestDatagram} fit`)
    }
    this.#kernel.fold(hashBytes(port, bytes))
    const packet = new DatagramPacket(this.#machine.name, this.port, port, bytes.slice())
    this.#network.transmit(datagramKind, this.#network.link(this.#machine, target), this.#network.socketType('UDP', port), undefined, packet)
  }

  receive(): Promise<Datagram> {
    if (!this.life.effect()) return new Promise(() => {})
    if (!this.#isOpen) return Promise.reject(this.#closed())
    const packet = this.#received.shift()
    if (packet !== undefined) {
      this.#held -= packet.bytes.length + datagramHeader
      return Promise.resolve(handedOver(packet))
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  close(): void {
    if (!this.#isOpen || !this.life.effect()) return
    this.#isOpen = false
    this.#leave()
    this.#received.length = 0
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed())
  }

  arrived(packet: DatagramPacket): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting.resolve(handedOver(packet))
    else if (this.#held + packet.bytes.length + datagramHeader <= receiveCapacity) {
      this.#held += packet.bytes.length + datagramHeader
      this.#received.push(packet)
    }
  }

  #closed(): NetError {
    return new NetError('closed', `the datagram socket on port ${this.port} is closed`)
  }
}

/** Each copy of a packet that came twice has bytes of its own. */
function handedOver({ from, fromPort, bytes }: DatagramPacket): Datagram {
  return { from, port: fromPort, bytes: bytes.slice() }
}
