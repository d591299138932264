import type { Incarnation } from '../host/incarnation.js'
import type { Kernel } from '../kernel/kernel.js'
import type { AmbientMode } from './ambient-mode.js'
import { RealIo } from './ambient-use.js'
import { installTraps } from './install-traps.js'
import { type IoCount as Count, IoCount, ioHook } from './real-io.js'
import type { SliceGuard } from './slice-guard.js'
import { VirtualFaces } from './virtual-faces.js'

export interface AmbientGuardOptions {
  readonly mode: Exclude<AmbientMode, 'off'>
  /** Ends the run as `crashed`. */
  readonly failed: (error: Error) => void
  /** Real input and output is named where it starts, at the price of slower promises; otherwise it is only noticed. */
  readonly namesIo: boolean
}

/**
 * Keeps a run's processes from the machine they run on. While the kernel runs steps, the traps know this guard, and through it whose step it is;
 * between slices, and for everybody else in the program, every trapped function does what it always did. A step pays nothing.
 *
 * Not seen: references that were taken before the traps were there (the command line installs them before it loads a scenario), the time zone and the
 * language, synchronous file access, and work on threads without a handle (compression, hashing); the answer of such work comes outside of any step, and
 * the host it then uses says so.
 */
export class AmbientGuard implements SliceGuard {
  readonly mode: Exclude<AmbientMode, 'off'>
  /** Real input and output was noticed, and nobody knows where it was started. */
  hasUnnamedIo = false
  readonly #options: AmbientGuardOptions
  readonly #traps = installTraps()
  readonly #io: Count = new IoCount()
  readonly #hook: ReturnType<typeof ioHook>
  /** Made when first needed: a map of weak keys a run would cost campaigns of short runs more than the rest of the guard. */
  #faces: WeakMap<Incarnation, VirtualFaces> | null = null
  #kernel: Kernel | null = null
  #firstStep = 0

  constructor(options: AmbientGuardOptions) {
    this.#options = options
    this.mode = options.mode
    this.#hook = options.namesIo ? ioHook((error) => this.#ioStarted(error)) : null
  }

  /** Whose step it is, null in the world's own. */
  get life(): Incarnation | null {
    return this.#kernel === null ? null : (this.#kernel.life as Incarnation | null)
  }

  enter(kernel: Kernel): void {
    this.#kernel = kernel
    this.#traps.current = this
    this.#firstStep = kernel.steps + 1
    this.#io.begin()
    this.#hook?.enable()
  }

  leave(kernel: Kernel): void {
    this.#hook?.disable()
    this.#traps.current = null
    this.#kernel = null
    if (this.#hook !== null) return
    const started = this.#io.started()
    if (started === undefined) return
    this.hasUnnamedIo = true
    this.#options.failed(new RealIo(started, null, ` between steps ${this.#firstStep} and ${kernel.steps}`))
  }

  /** A trap was touched. */
  failed(error: Error): void {
    this.#options.failed(error)
  }

  /** Randomness of this life in virtual mode is drawn anew from now on. */
  reseed(life: Incarnation): void {
    this.#faces?.get(life)?.reseed()
  }

  faces(life: Incarnation): VirtualFaces {
    this.#faces ??= new WeakMap()
    let faces = this.#faces.get(life)
    if (faces === undefined) {
      faces = new VirtualFaces(life)
      this.#faces.set(life, faces)
    }
    return faces
  }

  #ioStarted(error: RealIo): void {
    if (this.life !== null) this.#options.failed(error)
  }
}
