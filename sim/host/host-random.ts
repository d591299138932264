import type { Kernel } from '../kernel/kernel.js'
import type { Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { Incarnation } from './incarnation.js'

/** The randomness of one life. Drawing changes what later draws are, so only the host's own steps may. */
export class HostRandom extends Stream {
  /** Not there yet while the base class warms up. */
  readonly kernel: Kernel | undefined
  readonly life: Incarnation

  constructor(life: Incarnation, key: Key) {
    super(key)
    this.life = life
    this.kernel = life.machine.world.kernel
  }

  override u32(): number {
    const { kernel } = this
    if (kernel !== undefined && kernel.life !== this.life) this.life.owns()
    return super.u32()
  }
}
