/** Time, and the caller's signal, as one signal. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout>
  reason: 'time' | 'interrupted' | null = null

  readonly #began = performance.now()

  constructor(
    readonly millis: number,
    readonly outer: AbortSignal | undefined,
  ) {
    this.#timer = setTimeout(() => this.#stop('time'), millis)
    if (outer?.aborted) this.#stop('interrupted')
    outer?.addEventListener('abort', this.#interrupt)
  }

  /** Whether this part of the time is over. */
  isPast(part: number): boolean {
    return performance.now() - this.#began > part * this.millis
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(): void {
    clearTimeout(this.#timer)
    this.outer?.removeEventListener('abort', this.#interrupt)
  }

  readonly #interrupt = () => this.#stop('interrupted')

  #stop(reason: 'time' | 'interrupted'): void {
    this.reason ??= reason
    this.#controller.abort()
  }
}
