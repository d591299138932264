import type { Command, CommandResult } from './commands.js'
import type { ControlPlane } from './control-plane.js'
import { identityFrom } from './identity.js'
import { place } from './placement.js'
import { warmTenant, warmVmsOf } from './pool-commands.js'
import type { PoolRecord } from './records.js'

/**
 * Keeps pools of warm VMs as large as demand has it: as many as were claimed in the last looks, twice over, between the pool's least and most. A pool grows at
 * once and shrinks slowly.
 */
export class PoolSizing {
  readonly #control: ControlPlane
  /** By pool: warm VMs at the last look, and claims of the latest looks, latest last. */
  readonly #seen = new Map<string, { ids: ReadonlySet<string>; claims: number[] }>()

  constructor(control: ControlPlane) {
    this.#control = control
  }

  async look(decide: (command: Command) => Promise<CommandResult | null>): Promise<void> {
    for (const pool of [...this.#control.state.pools.values()]) {
      const size = this.#sizeOf(pool)
      if (size !== pool.size) await decide({ kind: 'size-pool', pool: pool.name, size })
      await this.#fill(pool.name, decide)
    }
  }

  #sizeOf({ name, least, most, size }: PoolRecord): number {
    const { state } = this.#control
    const warm = warmVmsOf(state, name)
    const before = this.#seen.get(name)
    let claimed = 0
    for (const id of before?.ids ?? []) {
      const vm = state.vms.get(id)
      if (vm !== undefined && vm.pool === null) claimed++
    }
    const claims = [...(before?.claims ?? []), claimed].slice(-looks)
    this.#seen.set(name, { ids: new Set(warm.map(({ id }) => id)), claims })
    const demand = 2 * claims.reduce((sum, each) => sum + each, 0)
    const wanted = Math.min(most, Math.max(least, demand))
    return wanted >= size ? wanted : Math.max(wanted, size - 1)
  }

  async #fill(name: string, decide: (command: Command) => Promise<CommandResult | null>): Promise<void> {
    const { state, host } = this.#control
    for (;;) {
      const pool = state.pools.get(name)
      if (pool === undefined) return
      const warm = warmVmsOf(state, name)
      const surplus = warm.filter(({ evicted }) => evicted === null)
      if (surplus.length > pool.size) {
        const last = surplus[surplus.length - 1]
        if (last?.host == null) return
        await decide({ kind: 'evict', vm: last.id, generation: last.generation, why: 'unwanted' })
        return
      }
      if (warm.length >= pool.size) return
      const claim = place(state, { tenant: warmTenant, definition: pool.definition })
      if (claim === null) return
      const warmed = await decide({ kind: 'warm-up', pool: name, claim, identity: identityFrom(host.random) })
      if (warmed?.kind !== 'ok') return
    }
  }
}

const looks = 5
