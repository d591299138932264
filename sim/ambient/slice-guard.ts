import type { Kernel } from '../kernel/kernel.js'

/** Told when the kernel begins to run steps and when it gives the thread back. Both happen in one macrotask: nobody else's code runs between them. */
export interface SliceGuard {
  enter(kernel: Kernel): void
  leave(kernel: Kernel): void
}
