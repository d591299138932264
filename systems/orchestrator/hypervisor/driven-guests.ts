import type { Host } from '../../../sim/host/seam.js'
import type { Guest } from './guest.js'
import type { GuestDriver } from './guest-driver.js'

/** What is done to guests by a driver in place of the simulation, for each VM one thing after the other. Without a driver nothing is. */
export class DrivenGuests {
  readonly #host: Host
  readonly #doing = new Map<string, Promise<void>>()

  constructor(
    host: Host,
    readonly driver: GuestDriver | null,
  ) {
    this.#host = host
  }

  /** Settles when all that was begun of the VM is done. */
  async settled(vm: string): Promise<void> {
    await this.#doing.get(vm)
  }

  /** Answers why it could not be started; null: it runs. `ended` is called once, if it ends by itself. */
  async start({ vm, spec }: Guest, ended: (why: string) => void): Promise<string | null> {
    let failure: string | null = null
    this.#do(vm, async (driver) => {
      try {
        await driver.start(spec, ended)
      } catch (error) {
        failure = String(error)
      }
    })
    await this.settled(vm)
    return failure
  }

  stop(vm: string): void {
    this.#do(vm, (driver) => driver.stop(vm))
  }

  hold(vm: string, isHeld: boolean): void {
    this.#do(vm, (driver) => driver.hold(vm, isHeld))
  }

  /** What the driver cannot do is logged: the lease and the lock are what others rely on. */
  #do(vm: string, act: (driver: GuestDriver) => Promise<void>): void {
    const { driver } = this
    if (driver === null) return
    const before = this.#doing.get(vm) ?? Promise.resolve()
    this.#doing.set(
      vm,
      before.then(() => act(driver)).catch((error: unknown) => this.#host.log.warn('machine.driver', { vm, why: String(error) })),
    )
  }
}
