/** The operations of a disk, by the names that fault sites and traces use. Their numbers enter the trace hash: append only. */
export const diskOperations = ['open', 'read', 'write', 'truncate', 'sync', 'rename', 'remove', 'list', 'make-directory', 'sync-directory', 'stat'] as const
export type DiskOperation = (typeof diskOperations)[number]

/** From 1. */
export const operationNumbers = Object.fromEntries(diskOperations.map((operation, index) => [operation, index + 1])) as Readonly<Record<DiskOperation, number>>
