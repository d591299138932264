/**
 * How a step reaches quiescence: everything in the microtask queue, and Node's nextTick queue, runs before the step ends.
 *
 * `process._tickCallback()` from a macrotask drains both and reports an unhandled rejection at once (under 100 ns when nothing waits).
 * Where it is missing (a browser), or on request, the loop takes one macrotask turn a step, with the same trace.
 */
type TickCallback = () => void

export function syncDrain(): TickCallback | null {
  const runtime = (globalThis as { process?: { _tickCallback?: TickCallback } }).process
  const tick = runtime?._tickCallback
  return typeof tick === 'function' ? tick : null
}

/** Runs `task` in a macrotask of its own, where draining works. */
export function macrotask(task: () => void): void {
  const immediate = (globalThis as { setImmediate?: (task: () => void) => void }).setImmediate
  if (immediate) immediate(task)
  else {
    const channel = new MessageChannel()
    const port = channel.port1 as unknown as { onmessage: () => void; close(): void }
    port.onmessage = () => {
      port.close()
      task()
    }
    channel.port2.postMessage(null)
  }
}

/** Milliseconds of the machine's clock, for yielding only: it never reaches the trace. */
export function wallMillis(): number {
  return performance.now()
}

type Rejected = (reason: unknown) => void
interface RejectionEvents {
  listeners(event: 'unhandledRejection'): Rejected[]
  removeAllListeners(event: 'unhandledRejection'): void
  on(event: 'unhandledRejection', listener: Rejected): void
}

/**
 * While a slice of the loop runs, a rejection without a handler belongs to the step that made it, and to nobody else's listener.
 * Answers how to give the event back.
 */
export function catchRejections(rejected: Rejected): () => void {
  const runtime = (globalThis as unknown as { process?: Partial<RejectionEvents> }).process
  if (runtime?.listeners && runtime.removeAllListeners && runtime.on) {
    const events = runtime as RejectionEvents
    const others = events.listeners('unhandledRejection')
    events.removeAllListeners('unhandledRejection')
    events.on('unhandledRejection', rejected)
    return () => {
      events.removeAllListeners('unhandledRejection')
      for (const other of others) events.on('unhandledRejection', other)
    }
  }
  const listener = (event: { reason: unknown; preventDefault(): void }) => {
    event.preventDefault()
    rejected(event.reason)
  }
  const target = globalThis as unknown as { addEventListener?: (n: string, l: unknown) => void; removeEventListener?: (n: string, l: unknown) => void }
  target.addEventListener?.('unhandledrejection', listener)
  return () => target.removeEventListener?.('unhandledrejection', listener)
}
