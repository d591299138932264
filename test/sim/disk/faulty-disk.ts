import { type DiskFaultEpisode, DiskFaultInjector, type DiskFaultOccurrence } from '../../../sim/disk/disk-fault-injector.js'
import type { DiskDamage, DiskFaultKind, DiskFaultObserver } from '../../../sim/disk/disk-faults.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { testDisk } from './manual-disk-host.js'

export class Recorder implements DiskFaultObserver {
  readonly occurrences: DiskFaultOccurrence[] = []
  opportunities = 0
  held = 0
  readonly damages: DiskDamage[] = []
  opportunity(): void {
    this.opportunities++
  }
  heldBack(): void {
    this.held++
  }
  occurred(kind: DiskFaultKind, site: string, ordinal: number, args: DiskFaultOccurrence['args'], damages: readonly DiskDamage[]): void {
    this.occurrences.push({ kind, site, ordinal, args })
    this.damages.push(...damages)
  }
}

export const always = { in: 1, of: 1 }
export const episode = (kind: DiskFaultKind, options: Partial<DiskFaultEpisode> = {}): DiskFaultEpisode & { observer: Recorder } => ({
  kind,
  files: null,
  rate: always,
  key: { high: 3, low: 4 },
  observer: new Recorder(),
  ...(options as object),
})

export function faultyDisk() {
  const image = new DiskImage()
  const faults = new DiskFaultInjector('broker-1', image)
  return { faults, ...testDisk({ image, faults }) }
}
