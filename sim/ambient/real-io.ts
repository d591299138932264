import { RealIo } from './ambient-use.js'
import { builtin } from './builtin.js'

/**
 * Real input and output that was started between two looks, by what Node says keeps its event loop alive. A look costs half a microsecond; which step
 * started it, and where, only `namedIo` knows.
 */
export class IoCount {
  #before: readonly string[] = []

  begin(): void {
    this.#before = running()
  }

  /** What there is more of, as Node calls it, or undefined. */
  started(): string | undefined {
    const after = running()
    // Nothing real ends while steps run: as many as before are the same as before.
    if (after.length <= this.#before.length) return undefined
    const before = this.#before.filter((resource) => isIo.test(resource))
    const io = after.filter((resource) => isIo.test(resource))
    return io.length > before.length ? io.at(-1) : undefined
  }
}

function running(): readonly string[] {
  const runtime = (globalThis as { process?: { getActiveResourcesInfo?: () => string[] } }).process
  return runtime?.getActiveResourcesInfo?.() ?? []
}

/** As `getActiveResourcesInfo` and as `async_hooks` spell them. Timers are trapped by name; terminals and writes to them are for reports. */
const isIo =
  /^(TCP\w*Wrap|UDP\w*Wrap|Pipe\w*Wrap|TLSWrap|FSReq\w+|FSEventWrap|FileHandle\w*|StatWatcher|GetAddrInfoReqWrap|GetNameInfoReqWrap|Query\w*Wrap|Process\w*|Worker|HTTPCLIENTREQUEST)$/i

/**
 * Names real input and output at the call that starts it, by an `async_hooks` init hook. The hook makes promises two to three times slower, so it is on
 * only where a run is known to start some.
 */
export function ioHook(started: (error: RealIo) => void): { enable(): void; disable(): void } | null {
  const hooks = builtin('async_hooks')
  if (hooks === undefined) return null
  const init = (_id: number, type: string): void => {
    if (isIo.test(type)) started(new RealIo(type, init))
  }
  const hook = hooks.createHook({ init })
  return { enable: () => void hook.enable(), disable: () => void hook.disable() }
}
