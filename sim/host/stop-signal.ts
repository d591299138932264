type Listener = ((event: Event) => void) | { handleEvent(event: Event): void }
type Add = AbortSignal['addEventListener']
type Remove = AbortSignal['removeEventListener']

/**
 * The signal that a process is asked to stop by. What one of its listeners throws (`exit` throws) is the process' own, and goes to `failed` in its
 * step: an ordinary signal would hand it to the runtime, which ends the program that runs the simulation.
 */
export class StopSignal {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #failed: (error: unknown) => void
  readonly #guarded = new WeakMap<Listener, (event: Event) => void>()
  #onabort: AbortSignal['onabort'] = null

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
    const { signal } = this.#controller
    this.signal = signal
    const add: Add = signal.addEventListener.bind(signal)
    const remove: Remove = signal.removeEventListener.bind(signal)
    const addGuarded = (type: string, listener: Listener | null, options?: Parameters<Add>[2]) => {
      if (listener !== null) add(type, this.#guard(listener), options)
    }
    const removeGuarded = (type: string, listener: Listener | null, options?: Parameters<Remove>[2]) => {
      if (listener !== null) remove(type, this.#guard(listener), options)
    }
    signal.addEventListener = addGuarded as Add
    signal.removeEventListener = removeGuarded as Remove
    addGuarded('abort', (event) => this.#onabort?.call(signal, event))
    Object.defineProperty(signal, 'onabort', {
      get: () => this.#onabort,
      set: (listener: AbortSignal['onabort']) => {
        this.#onabort = typeof listener === 'function' ? listener : null
      },
    })
  }

  abort(): void {
    this.#controller.abort()
  }

  #guard(listener: Listener): (event: Event) => void {
    let guarded = this.#guarded.get(listener)
    if (guarded === undefined) {
      guarded = (event: Event) => {
        try {
          if (typeof listener === 'function') listener.call(this.signal, event)
          else listener.handleEvent(event)
        } catch (error) {
          this.#failed(error)
        }
      }
      this.#guarded.set(listener, guarded)
    }
    return guarded
  }
}
