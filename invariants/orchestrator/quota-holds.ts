import { seen, type VmObservation } from './observer.js'

/** No tenant has more than its quota, however many ask at once. */
export const quotaHolds = (observation: VmObservation) =>
  observation.invariant('QuotaHolds', seen.control, () => ({ control, touches }) => {
    for (const { record } of touches) {
      const tenant = record === null ? undefined : control?.state.tenants.get(record.tenant)
      if (tenant === undefined || control === null) continue
      const { vms, vcpus, memoryMib } = control.state.tenantUsage(tenant.name)
      const { quota } = tenant
      if (vms > quota.vms || vcpus > quota.vcpus || memoryMib > quota.memoryMib)
        return `${tenant.name} has ${vms} VMs with ${vcpus} CPUs and ${memoryMib} MiB: more than its quota`
    }
    return undefined
  })
