import { ms, s } from '../../../sim/host/durations.js'
import type { Nanos } from '../../../sim/host/seam.js'
import type { Resources } from '../definition.js'

/** What a simulated machine is like. */
export interface MachineConfig {
  readonly capacity: Resources
  /** How often the storage is asked whether the session is open, and how long a `yes` lasts. */
  readonly keepAlive: Nanos
  readonly patience: Nanos
  /** Of a guest, shortest and longest. */
  readonly bootTime: readonly [Nanos, Nanos]
  /** Of a snapshot, in place of a boot. */
  readonly restoreTime: readonly [Nanos, Nanos]
  /** Until the process of a guest that ended has closed its disk, shortest and longest. */
  readonly exitTime: readonly [Nanos, Nanos]
  /** systemd's `RestartSec`. */
  readonly restartDelay: Nanos
  /** Restarts of a guest that does not stay up for `stableAfter`, before the machine gives it up. */
  readonly mostRestarts: number
  readonly stableAfter: Nanos
  /** How long a guest may hang before its watchdog card resets it. */
  readonly hangPatience: Nanos
  /** Between two writes of a guest's own accord; 0: none. */
  readonly guestWrites: Nanos
  /** Regions of its memory, of 64, that a guest writes in a second. */
  readonly dirtyRegionsPerSecond: number
  /** Of the link that migrations use, in mebibytes a second. */
  readonly migrationMibPerSecond: number
  /** How long a guest may stand still for its last round. */
  readonly downtimeLimit: Nanos
  readonly migrationPatience: Nanos
}

export const machineDefaults: MachineConfig = {
  capacity: { vcpus: 16, memoryMib: 16_384, diskMib: 65_536 },
  keepAlive: ms(500),
  patience: s(2),
  bootTime: [ms(200), ms(800)],
  restoreTime: [ms(20), ms(60)],
  exitTime: [ms(0), ms(30)],
  restartDelay: s(1),
  mostRestarts: 3,
  stableAfter: s(10),
  hangPatience: s(2),
  guestWrites: ms(500),
  dirtyRegionsPerSecond: 20,
  migrationMibPerSecond: 1_200,
  downtimeLimit: ms(100),
  migrationPatience: s(8),
}
