import type { HostName } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'

/**
 * So many hosts of a run whose disks may leave their replicas in doubt: the same ones all through it, and the fewer among the more. Whoever cannot tell what it
 * held stands aside until others have taught it, and nobody sees from outside when it has learnt.
 */
export function weakDisks({ kernel, systemHosts }: { readonly kernel: Kernel; readonly systemHosts: readonly SimulatedHost[] }, count: number): HostName[] {
  const names = systemHosts.map((host) => host.name)
  return Stream.of(deriveKey(kernel.key, 'garbage'), 0).shuffle(names).slice(0, count)
}
