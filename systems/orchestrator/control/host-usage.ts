import type { Resources } from '../definition.js'
import { resourcesOf } from '../definition.js'
import type { VmRecord } from './records.js'

/** What is claimed of one host: by VMs that are there, and by those on their way to it. */
export class HostUsage {
  vcpus = 0
  memoryMib = 0
  diskMib = 0
  /** Ids of the VMs, in the order in which they came. */
  readonly vms = new Set<string>()
  /** VMs that went from here by a migration, and of which something may be left. */
  readonly departed = new Set<string>()
  /** Rises with every change to what the host has to do. */
  revision = 0
  /** How many VMs of an affinity group are here, and how many of them must be alone here. */
  readonly groups = new Map<string, { members: number; alone: number }>()

  add(record: VmRecord): void {
    this.#change(record, 1)
    this.vms.add(record.id)
  }

  remove(record: VmRecord): void {
    this.#change(record, -1)
    this.vms.delete(record.id)
  }

  #change(record: VmRecord, sign: 1 | -1): void {
    const { vcpus, memoryMib, diskMib }: Resources = resourcesOf(record.definition)
    this.vcpus += sign * vcpus
    this.memoryMib += sign * memoryMib
    this.diskMib += sign * diskMib
    for (const { group, kind, strength } of record.definition.affinity) {
      const key = groupKey(record.tenant, group)
      const counts = this.groups.get(key) ?? { members: 0, alone: 0 }
      counts.members += sign
      if (kind === 'apart' && strength === 'hard') counts.alone += sign
      if (counts.members === 0) this.groups.delete(key)
      else this.groups.set(key, counts)
    }
  }
}

/** Groups of different tenants are different groups. */
export const groupKey = (tenant: string, group: string): string => `${tenant}/${group}`
