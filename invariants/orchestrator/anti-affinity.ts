import { seen, type VmObservation, type VmObserver } from './observer.js'

/** Two VMs of a group, one of which must be apart from the others, never execute on one machine, and no host is claimed for both. */
export const antiAffinity = (observation: VmObservation) =>
  observation.invariant('AntiAffinity', seen.machine | seen.control, () => (observer) => {
    const { machine, host, events, touches, control } = observer
    if ((observer.aspects & seen.control) !== 0) {
      for (const { record } of touches) {
        if (record === null || control === null) continue
        for (const name of [record.host, record.migration?.target]) {
          if (name == null) continue
          for (const [group, { members, alone }] of control.state.usage(name).groups)
            if (alone > 0 && members > 1) return `${members} VMs of the group ${group} are claimed for ${name}, ${alone} of which must be alone`
        }
      }
      return undefined
    }
    if (machine === null) return undefined
    for (const { what, vm } of events) {
      if (what !== 'running' && what !== 'arrived') continue
      for (const other of machine.guests.keys()) {
        const group = other === vm ? null : sharedGroup(observer, vm, other)
        const guest = machine.guests.get(other)
        if (group !== null && guest !== undefined && machine.isExecuting(guest)) return `${vm} and ${other} of the group ${group} execute on ${host?.name}`
      }
    }
    return undefined
  })

function sharedGroup({ records }: VmObserver, one: string, other: string): string | null {
  const a = records.get(one)
  const b = records.get(other)
  if (a === undefined || b === undefined || a.tenant !== b.tenant) return null
  for (const rule of a.definition.affinity) {
    for (const another of b.definition.affinity) {
      if (rule.group !== another.group) continue
      if ([rule, another].some(({ kind, strength }) => kind === 'apart' && strength === 'hard')) return rule.group
    }
  }
  return null
}
