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

type Failed = (error: unknown) => void
type Task = (...args: unknown[]) => void
interface NodeProcess {
  nextTick(task: Task, ...args: unknown[]): void
  listeners(event: 'unhandledRejection'): Failed[]
  removeAllListeners(event: 'unhandledRejection'): void
  on(event: 'unhandledRejection', listener: Failed): void
}

/**
 * While a slice of the loop runs, a rejection without a handler and a throw out of a microtask or a tick belong to the step that made them, and to
 * nobody else's listener. Answers how to give them back.
 */
export function catchFailures(failed: Failed): () => void {
  const releases = [catchRejections(failed), guard(globalThis, 'queueMicrotask', failed)]
  const node = (globalThis as unknown as { process?: Partial<NodeProcess> }).process
  // What an event's listener throws comes as a tick, too.
  if (node?.nextTick) releases.push(guard(node as NodeProcess, 'nextTick', failed))
  return () => {
    for (const release of releases) release()
  }
}

/** A throw that leaves the drain would end Node.js itself, whose stack of asynchronous contexts stays behind: so tasks are called inside a `try`. */
function guard<Name extends string>(owner: Record<Name, (task: Task, ...args: unknown[]) => void>, name: Name, failed: Failed): () => void {
  const schedule = owner[name]
  const guarded = (task: Task, ...args: unknown[]) => {
    if (typeof task !== 'function') return schedule(task)
    schedule(() => {
      try {
        task(...args)
      } catch (error) {
        failed(error)
      }
    })
  }
  owner[name] = guarded
  return () => {
    owner[name] = schedule
  }
}

function catchRejections(failed: Failed): () => void {
  const node = (globalThis as unknown as { process?: Partial<NodeProcess> }).process
  if (node?.listeners && node.removeAllListeners && node.on) {
    const events = node as NodeProcess
    const others = events.listeners('unhandledRejection')
    events.removeAllListeners('unhandledRejection')
    events.on('unhandledRejection', failed)
    return () => {
      events.removeAllListeners('unhandledRejection')
      for (const other of others) events.on('unhandledRejection', other)
    }
  }
  const listener = (event: { reason: unknown; preventDefault(): void }) => {
    event.preventDefault()
    failed(event.reason)
  }
  const target = globalThis as unknown as { addEventListener?: (n: string, l: unknown) => void; removeEventListener?: (n: string, l: unknown) => void }
  target.addEventListener?.('unhandledrejection', listener)
  return () => target.removeEventListener?.('unhandledrejection', listener)
}
