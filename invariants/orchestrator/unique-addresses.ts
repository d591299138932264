import { type Execution, seen, type VmObservation } from './observer.js'

/** No two VMs that execute have one IP address on a segment, one MAC address, or one TAP on a machine; and no two records have one name or one address. */
export const uniqueAddresses = (observation: VmObservation) =>
  observation.invariant('UniqueIpMac', seen.machine | seen.control, () => {
    /** By address: who came up with it last. */
    const holders = new Map<string, Execution>()
    const named = new Map<string, string>()
    return (observer) => {
      const { machine, host, events, touches } = observer
      if ((observer.aspects & seen.control) !== 0) {
        for (const { vm, record, before } of touches) {
          if (before !== null) for (const key of namesOf(before)) if (named.get(key) === vm) named.delete(key)
          if (record === null) continue
          for (const key of namesOf(record)) {
            const other = named.get(key)
            if (other !== undefined && other !== vm) return `${vm} and ${other} both have the ${key}`
            named.set(key, vm)
          }
        }
        return undefined
      }
      if (machine === null || host === null) return undefined
      for (const { what, vm } of events) {
        if (what !== 'networked') continue
        const address = machine.guests.get(vm)?.spec.address
        if (address == null) continue
        const { vni, ip, mac, tap } = address
        for (const key of [`IP address ${ip} of segment ${vni}`, `MAC address ${mac}`, `interface ${tap} of ${host.name}`]) {
          const holder = holders.get(key)
          if (holder !== undefined && holder.vm !== vm && !observer.isDazed(holder) && observer.executes(holder))
            return `${vm} on ${host.name} and ${holder.vm} on ${holder.host.name} both have the ${key}`
          holders.set(key, { host, machine, vm })
        }
      }
      return undefined
    }
  })

function namesOf({
  name,
  address,
}: {
  readonly name: string
  readonly address: { readonly vni: number; readonly ip: string; readonly mac: string } | null
}): string[] {
  const keys = [`name ${name}`]
  if (address !== null) keys.push(`IP address ${address.ip} of segment ${address.vni}`, `MAC address ${address.mac}`)
  return keys
}
