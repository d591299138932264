/** Hosts of these roles are no part of the system under test: the workload's clients, and the object store that the scenario provides. */
export const clientRole = 'client'
export const storeRole = 'object-store'

export function isOutsideSystem(role: string): boolean {
  return role === clientRole || role === storeRole
}
