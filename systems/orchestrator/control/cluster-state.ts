import type { HostName } from '../../../sim/host/seam.js'
import { crc32c } from '../../raft/crc32c.js'
import type { MemoryState } from '../../raft/snapshot-file.js'
import { Recent } from '../recent.js'
import { AddressPool } from './address-pool.js'
import { applyCommand } from './apply-command.js'
import type { CommandResult, Envelope } from './commands.js'
import { groupKey, HostUsage } from './host-usage.js'
import type { PlacementGround } from './placement.js'
import type { HostRecord, PoolRecord, TenantRecord, VmRecord } from './records.js'

/** Something that happened to a VM or a host, for those who watch. */
export interface ClusterEvent {
  readonly revision: number
  readonly subject: string
  readonly what: string
}

const mostEvents = 1_000

/** A VM's record after a command; null: it is gone. */
export interface Touch {
  readonly revision: number
  readonly vm: string
  readonly record: VmRecord | null
}

/**
 * What the control plane knows, replicated by Raft. `apply` is pure: no clock, no randomness, no I/O, so that equal logs make equal states. Records are never
 * changed, but replaced. What is claimed of hosts and tenants is kept beside them, and made anew from a snapshot.
 */
export class ClusterState implements MemoryState<CommandResult>, PlacementGround {
  /** Of all commands applied and their results: equal on all replicas at equal indexes. */
  digest = 0
  /** Commands that were applied. */
  revision = 0
  readonly vms = new Map<string, VmRecord>()
  readonly hosts = new Map<HostName, HostRecord>()
  readonly tenants = new Map<string, TenantRecord>()
  readonly pools = new Map<string, PoolRecord>()
  /** Changes of VMs, as commands made them. */
  readonly touches = new Recent<Touch>(4_096)
  readonly events = new Recent<ClusterEvent>(mostEvents)
  readonly #names = new Map<string, string>()
  readonly #addresses = new Map<string, AddressPool>()
  #nextSerial = 1
  #nextMigration = 1
  readonly #answered = new Map<string, CommandResult>()
  readonly #usage = new Map<HostName, HostUsage>()
  readonly #tenantUsage = new Map<string, { vms: number; vcpus: number; memoryMib: number }>()
  readonly #groupSizes = new Map<string, number>()
  /** VMs that should run and have no host, by their ids. */
  readonly homeless = new Set<string>()

  apply(_index: number, term: number, data: Uint8Array): CommandResult {
    const result = this.perform(JSON.parse(text.decode(data)) as Envelope)
    const answer = bytes.encode(JSON.stringify(result))
    this.digest = crc32c(answer, 0, answer.length, crc32c(data, 0, data.length, (this.digest ^ term) >>> 0))
    return result
  }

  /** What a committed command does and comes to; one with a key that was answered is done already. */
  perform({ key, command }: Envelope): CommandResult {
    this.revision++
    let result = key === null ? undefined : this.#answered.get(key)
    if (result === undefined) {
      result = applyCommand(this, command)
      // Whose claim was lost chooses another host, and asks again.
      if (key !== null && !(result.kind === 'refused' && result.why === 'claim-lost')) this.#remember(key, result)
    }
    return result
  }

  #remember(key: string, result: CommandResult): void {
    this.#answered.set(key, result)
    if (this.#answered.size <= mostAnswers) return
    const [oldest] = this.#answered.keys()
    this.#answered.delete(oldest as string)
  }

  // ---------------------------------------------------------------- to be read

  vmNamed(name: string): VmRecord | undefined {
    const id = this.#names.get(name)
    return id === undefined ? undefined : this.vms.get(id)
  }

  usage(host: HostName): HostUsage {
    let usage = this.#usage.get(host)
    if (usage === undefined) {
      usage = new HostUsage()
      this.#usage.set(host, usage)
    }
    return usage
  }

  tenantUsage(tenant: string): { readonly vms: number; readonly vcpus: number; readonly memoryMib: number } {
    return this.#tenantUsage.get(tenant) ?? nothingUsed
  }

  groupSize(key: string): number {
    return this.#groupSizes.get(key) ?? 0
  }

  // ---------------------------------------------------------------- to be changed, by commands alone

  /** Puts a record in the place of the one with its id. */
  setVm(record: VmRecord): void {
    const before = this.vms.get(record.id)
    if (before !== undefined && takesTheSame(before, record)) {
      this.vms.set(record.id, record)
      this.#changed(record)
    } else {
      if (before !== undefined) this.#forget(before)
      this.vms.set(record.id, record)
      this.#count(record)
    }
    this.touches.add({ revision: this.revision, vm: record.id, record })
  }

  removeVm(record: VmRecord): void {
    this.#forget(record)
    this.vms.delete(record.id)
    this.releaseAddress(record)
    this.touches.add({ revision: this.revision, vm: record.id, record: null })
  }

  /** Its hosts have something else to do, and no more or less of anything. */
  #changed({ host, migration, arrival }: VmRecord): void {
    if (arrival !== null) this.usage(arrival.source).revision = this.revision
    if (host !== null) this.usage(host).revision = this.revision
    if (migration !== null) this.usage(migration.target).revision = this.revision
  }

  #forget(record: VmRecord): void {
    const { id, name, tenant, definition, host, migration, arrival, pool } = record
    if (arrival !== null) this.#depart(arrival.source, id, false)
    this.#names.delete(name)
    this.homeless.delete(id)
    if (host !== null) this.#leave(host, record)
    if (migration !== null) this.#leave(migration.target, record)
    if (pool !== null) return
    const used = this.tenantUsage(tenant)
    this.#tenantUsage.set(tenant, {
      vms: used.vms - 1,
      vcpus: used.vcpus - definition.vcpus,
      memoryMib: used.memoryMib - definition.memoryMib,
    })
    for (const { group } of definition.affinity) this.#groupSizes.set(groupKey(tenant, group), this.groupSize(groupKey(tenant, group)) - 1)
  }

  #count(record: VmRecord): void {
    const { id, name, tenant, definition, host, migration, arrival, pool, desired } = record
    if (arrival !== null) this.#depart(arrival.source, id, true)
    this.#names.set(name, id)
    if (host === null && desired === 'running') this.homeless.add(id)
    if (host !== null) this.#arrive(host, record)
    if (migration !== null) this.#arrive(migration.target, record)
    if (pool !== null) return
    const used = this.tenantUsage(tenant)
    this.#tenantUsage.set(tenant, {
      vms: used.vms + 1,
      vcpus: used.vcpus + definition.vcpus,
      memoryMib: used.memoryMib + definition.memoryMib,
    })
    for (const { group } of definition.affinity) this.#groupSizes.set(groupKey(tenant, group), this.groupSize(groupKey(tenant, group)) + 1)
  }

  #arrive(host: HostName, record: VmRecord): void {
    const usage = this.usage(host)
    usage.add(record)
    usage.revision = this.revision
  }

  #leave(host: HostName, record: VmRecord): void {
    const usage = this.usage(host)
    usage.remove(record)
    usage.revision = this.revision
  }

  #depart(source: HostName, vm: string, isNew: boolean): void {
    const usage = this.usage(source)
    if (isNew) usage.departed.add(vm)
    else usage.departed.delete(vm)
    usage.revision = this.revision
  }

  setHost(record: HostRecord): void {
    this.hosts.set(record.name, record)
    this.usage(record.name).revision = this.revision
  }

  takeSerial(): number {
    return this.#nextSerial++
  }

  takeMigration(): number {
    return this.#nextMigration++
  }

  /** Index of an address on the tenant's segment; null: all are in use. */
  takeAddress(tenant: string): number | null {
    let pool = this.#addresses.get(tenant)
    if (pool === undefined) {
      pool = new AddressPool()
      this.#addresses.set(tenant, pool)
    }
    return pool.take()
  }

  releaseAddress({ tenant, address }: VmRecord): void {
    if (address !== null) this.#addresses.get(tenant)?.give(address.index)
  }

  tell(subject: string, what: string): void {
    this.events.add({ revision: this.revision, subject, what })
  }

  // ---------------------------------------------------------------- snapshots

  encode(): Uint8Array {
    return bytes.encode(JSON.stringify(this.facts()))
  }

  decode(state: Uint8Array): void {
    this.adopt(JSON.parse(text.decode(state)) as ClusterFacts)
  }

  /** All of it as plain data, from which the rest is made anew. */
  facts(): ClusterFacts {
    return {
      digest: this.digest,
      revision: this.revision,
      vms: [...this.vms.values()],
      hosts: [...this.hosts.values()],
      tenants: [...this.tenants.values()],
      pools: [...this.pools.values()],
      addresses: [...this.#addresses].map(([tenant, pool]) => [tenant, pool.encode()]),
      nextSerial: this.#nextSerial,
      nextMigration: this.#nextMigration,
      answered: [...this.#answered],
      events: this.events.latest(),
    }
  }

  adopt(kept: ClusterFacts): void {
    for (const map of [this.vms, this.hosts, this.tenants, this.pools, this.#names, this.#addresses, this.#answered, this.#usage]) map.clear()
    this.#tenantUsage.clear()
    this.#groupSizes.clear()
    this.homeless.clear()
    this.digest = kept.digest
    this.revision = kept.revision
    for (const host of kept.hosts) this.setHost(host)
    for (const tenant of kept.tenants) this.tenants.set(tenant.name, tenant)
    for (const pool of kept.pools) this.pools.set(pool.name, pool)
    for (const vm of kept.vms) {
      this.vms.set(vm.id, vm)
      this.#count(vm)
    }
    for (const [tenant, pool] of kept.addresses) this.#addresses.set(tenant, AddressPool.decode(pool))
    this.#nextSerial = kept.nextSerial
    this.#nextMigration = kept.nextMigration
    for (const [key, result] of kept.answered) this.#answered.set(key, result)
    this.events.reset(kept.events)
  }
}

export interface ClusterFacts {
  readonly digest: number
  readonly revision: number
  readonly vms: readonly VmRecord[]
  readonly hosts: readonly HostRecord[]
  readonly tenants: readonly TenantRecord[]
  readonly pools: readonly PoolRecord[]
  readonly addresses: readonly [string, ReturnType<AddressPool['encode']>][]
  readonly nextSerial: number
  readonly nextMigration: number
  readonly answered: readonly [string, CommandResult][]
  readonly events: readonly ClusterEvent[]
}

/** Most changes are of what a host says: what is claimed for the VM, and by what it is found, is as it was. */
function takesTheSame(one: VmRecord, other: VmRecord): boolean {
  return (
    one.definition === other.definition &&
    one.host === other.host &&
    one.migration?.target === other.migration?.target &&
    one.arrival?.source === other.arrival?.source &&
    one.pool === other.pool &&
    one.desired === other.desired &&
    one.name === other.name &&
    one.tenant === other.tenant
  )
}

const nothingUsed = { vms: 0, vcpus: 0, memoryMib: 0 }
const mostAnswers = 10_000
const bytes = new TextEncoder()
const text = new TextDecoder()
