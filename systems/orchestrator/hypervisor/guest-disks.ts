import { ms } from '../../../sim/host/durations.js'
import type { StorageClient } from '../storage/storage-api.js'
import type { Guest } from './guest.js'
import type { Machine } from './machine.js'

/** The exclusive locks of guests' disks, as a machine takes them and gives them back. */
export class GuestDisks {
  readonly #machine: Machine
  /** Clients that may hold a lock, by VM. */
  readonly #locks = new Map<string, StorageClient>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  clientOf({ instance }: Guest): StorageClient {
    const { host, session } = this.#machine
    return { machine: host.name, session: session ?? 0, instance }
  }

  /**
   * Takes the exclusive lock of the guest's disk. Whoever holds it is dead, or the control plane would not have placed the VM here: its lock is broken, which
   * blocks that client, and no other. Answers whether the disk is the guest's.
   */
  async take(guest: Guest, isWanted: () => boolean): Promise<boolean> {
    const machine = this.#machine
    const { vm, generation } = guest.spec
    const client = this.clientOf(guest)
    this.#locks.set(vm, client)
    while (isWanted()) {
      const opened = await machine.storage('open', { image: vm, client, generation })
      if (!isWanted()) break
      if (opened === null) await machine.host.clock.sleep(retryPause)
      else if (opened.kind === 'ok') return true
      else if (opened.kind === 'locked') {
        await machine.host.failpoint('machine.break-lock')
        await machine.storage('breakLock', { image: vm, held: opened.by, by: { client, generation } })
      } else return false
      machine.enter()
    }
    return false
  }

  /** What is on its way to the disk must not arrive when the VM is somebody else's: answers whether that is certain. */
  async release(vm: string): Promise<boolean> {
    await this.#machine.driven.settled(vm)
    const client = this.#locks.get(vm)
    if (client === undefined) return true
    if ((await this.#machine.storage('release', { image: vm, client })) === null) return false
    if (this.#locks.get(vm) === client) this.#locks.delete(vm)
    return true
  }

  /** The process of an instance that is over needs a while to end, and gives its disk back as it does: the next one may be there before. */
  closeLater(vm: string): void {
    const { host, config } = this.#machine
    const client = this.#locks.get(vm)
    if (client === undefined) return
    const [shortest, longest] = config.exitTime
    host.spawn('close', async () => {
      await host.clock.sleep(shortest + host.random.int(longest - shortest + 1))
      this.#machine.enter()
      await this.#machine.storage('release', { image: vm, client })
    })
  }

  /** With the session all its locks are nobody's. */
  forget(): void {
    this.#locks.clear()
  }
}

const retryPause = ms(200)
