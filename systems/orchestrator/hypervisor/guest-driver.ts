import type { GuestSpec } from './hypervisor.js'

/** What runs guests in place of the simulation: local processes, systemd and microvm.nix. The machine decides when; a driver only does it. */
export interface GuestDriver {
  /** Settles once it runs; rejects when it cannot be started. `ended` is called once, if it ends by itself. */
  start(spec: GuestSpec, ended: (why: string) => void): Promise<void>
  /** Settles once nothing of it runs. */
  stop(vm: string): Promise<void>
  /** Holds its CPUs, or lets them go on: for the time in which the machine is not sure of its lease. */
  hold(vm: string, isHeld: boolean): Promise<void>
}
