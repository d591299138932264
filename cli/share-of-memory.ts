import { totalmem } from 'node:os'

/** Megabytes of heap for each of so many threads: three quarters of the machine among them all, at most what Node.js itself would take. */
export const shareOfMemory = (jobs: number): number => Math.max(256, Math.min(4_096, Math.floor((totalmem() * 0.75) / jobs / 2 ** 20)))
