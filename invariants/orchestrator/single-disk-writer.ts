import { seen, type VmObservation } from './observer.js'

/** Every write that the storage accepts comes from the VM's owner as the control plane has it at that moment, in the current generation. */
export const singleDiskWriter = (observation: VmObservation) =>
  observation.invariant('SingleDiskWriter', seen.storage, () => ({ write, records }) => {
    if (write === null) return undefined
    const { image, client, generation } = write
    const record = records.get(image)
    if (record === undefined) return `${client.machine} wrote the disk of ${image}, which is deleted`
    if (record.host === client.machine && record.session === client.session && record.generation === generation) return undefined
    return `${client.machine} wrote the disk of ${image} in session ${client.session} and generation ${generation}: it is ${record.host ?? 'nobody'}'s in generation ${record.generation}`
  })
