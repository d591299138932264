import type { Nanos } from '../../../sim/host/seam.js'
import { servicePort } from '../definition.js'
import type { GuestReply, GuestRequest } from '../network/frames.js'
import type { Guest } from './guest.js'
import type { Machine } from './machine.js'

/** What guests do while they run: they answer, write their disks, and fall over; and what their machine does about that. */
export class GuestLife {
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  async answer(guest: Guest, request: GuestRequest): Promise<GuestReply> {
    this.#machine.enter()
    const { vm, generation, address } = guest.spec
    if (!this.#machine.isExecuting(guest)) return { kind: 'no-answer' }
    if (request.f === 'ask') {
      const reply = address === null ? null : await this.#machine.bridge.ask(address, request.ip, servicePort, { f: 'get' })
      this.#machine.enter()
      return this.#machine.isExecuting(guest) ? (reply ?? { kind: 'unreachable' }) : { kind: 'no-answer' }
    }
    const block = { image: vm, block: registerBlock }
    const accessed = await this.access(guest, request.f === 'put' ? { ...block, value: request.value } : block)
    return accessed === null ? { kind: 'no-answer' } : { kind: 'value', vm, generation, value: accessed.value }
  }

  /** Reads a block of its disk, or writes it. Null: nobody can tell, or the guest is not there any more to say it. */
  async access(guest: Guest, block: { image: string; block: number; value?: number }): Promise<{ value: number | null } | null> {
    // Between the wish and the deed the guest may have been stopped for a migration: what stands still writes nothing.
    if (!this.#machine.isExecuting(guest)) return null
    const { instance } = guest
    const request = { ...block, client: this.#machine.disks.clientOf(guest), generation: guest.spec.generation }
    guest.memory.write(block.value ?? 0)
    guest.openRequests++
    const accessed =
      block.value === undefined ? await this.#machine.storage('read', request) : await this.#machine.storage('write', { ...request, value: block.value })
    guest.openRequests--
    if (!this.#machine.isCurrent(guest, instance) || !this.#machine.isExecuting(guest)) return null
    if (accessed === null) return null
    if (accessed.kind === 'ok') return { value: accessed.value }
    this.#machine.crash(guest, `its disk refuses it: ${accessed.kind}`)
    return null
  }

  /** All guests write something of their own accord. */
  beat(): void {
    this.#machine.enter()
    for (const guest of this.#machine.guests.values()) {
      if (!this.#machine.isExecuting(guest)) continue
      guest.beats++
      this.#machine.host.spawn('guest', async () => {
        await this.access(guest, { image: guest.vm, block: beatBlock, value: guest.beats })
      })
    }
  }

  /** Restarts what crashed, and resets what hangs. */
  tick(): void {
    const now = this.#machine.host.clock.monotonic()
    for (const guest of this.#machine.guests.values()) {
      if (guest.doing === 'hung') {
        guest.hungSince ??= now
        if (now - guest.hungSince >= this.#machine.config.hangPatience) this.#machine.crash(guest, 'its watchdog card reset it')
      } else if (guest.doing === 'crashed' && guest.timers.length === 0) this.#restartLater(guest, now)
    }
  }

  #restartLater(guest: Guest, now: Nanos): void {
    guest.outgoing = null
    if (guest.spec.address !== null) this.#machine.bridge.unplug(guest.spec.address)
    if (guest.runningSince !== null && now - guest.runningSince >= this.#machine.config.stableAfter) guest.restarts = 0
    if (guest.restarts >= this.#machine.config.mostRestarts) {
      guest.doing = 'failed'
      this.#machine.changes++
      return
    }
    guest.restarts++
    const { instance } = guest
    guest.timers.push(
      this.#machine.host.clock.timer(this.#machine.config.restartDelay, () => {
        this.#machine.enter()
        guest.timers.length = 0
        // A start is gated by the lease: while the storage is not sure of us, the unit waits.
        if (!this.#machine.isCurrent(guest, instance) || guest.doing !== 'crashed') return
        if (this.#machine.isFed) this.#machine.bringUp(guest)
        else guest.restarts--
      }),
    )
  }
}

/** Of a guest's disk: what clients read and write, and what it writes of its own accord. */
const registerBlock = 0
const beatBlock = 1
