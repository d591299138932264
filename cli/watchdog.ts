import { closeSync, existsSync } from 'node:fs'
import inspector from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import { exitCodes } from '../sim/report/exit-code.js'

/** A run that gives no sign of life for so long is ended, as hunts' seeds are (--seed-timeout); wall time. */
const patienceMillis = 60_000
/**
 * After so long without one, Ctrl-C ends the program as if nobody had taken it over: its handler would get no turn. One that comes earlier is lost if the code
 * really loops, so this is shorter than anybody takes to see that nothing happens.
 */
const releaseMillis = 500
const signEveryMillis = 100
const signWord = 0
const activeWord = 1

/** Beside the sources, and above the built form. */
const entry = ['./watchdog-thread.mjs', '../../cli/watchdog-thread.mjs']
  .map((place) => fileURLToPath(new URL(place, import.meta.url)))
  .find((file) => existsSync(file))

/**
 * Notices from a thread of its own that the main thread is in an endless loop, which nothing in that thread can: tells so and ends the program. One a program,
 * which sleeps while nothing is watched.
 */
class Watchdog {
  readonly #worker: Worker
  readonly #words = new Int32Array(new SharedArrayBuffer(8))
  readonly #released = new Set<Watched>()
  readonly #watched = new Set<Watched>()
  #signs: NodeJS.Timeout | undefined

  constructor(file: string) {
    const name = 'seedfall.watchdog'
    // Kept before a scenario's code can change it, and out of reach of the traps for what a process calls.
    const { reallyExit } = process as unknown as { reallyExit(code: number): void }
    const hooks = {
      release: () => this.#release(),
      isDebugged: () => inspector.url() !== undefined,
      exit: (code: number) => {
        // Everything is told. Node.js would go on to say that it waits for a debugger, which the watchdog is to it.
        closeSync(2)
        reallyExit.call(process, code)
      },
    }
    Object.assign(globalThis, { [Symbol.for(name)]: hooks })
    this.#worker = new Worker(file, {
      workerData: {
        words: this.#words.buffer,
        patienceMillis: askedPatienceMillis() ?? patienceMillis,
        releaseMillis,
        lookEveryMillis: signEveryMillis,
        signWord,
        activeWord,
        hooks: `globalThis[Symbol.for('${name}')]`,
        exitCode: exitCodes.hung,
      },
    })
    this.#worker.unref()
  }

  watch(watched: Watched): void {
    this.#watched.add(watched)
    Atomics.add(this.#words, signWord, 1)
    Atomics.store(this.#words, activeWord, 1)
    this.#signs ??= setInterval(() => this.#sign(), signEveryMillis)
  }

  /** What runs now, for the message: `the run of lock under seed 7`. */
  tell(about: string): void {
    this.#worker.postMessage(about)
  }

  leave(watched: Watched): void {
    this.#watched.delete(watched)
    this.#released.delete(watched)
    if (this.#watched.size > 0) return
    Atomics.store(this.#words, activeWord, 0)
    clearInterval(this.#signs)
    this.#signs = undefined
  }

  #sign(): void {
    Atomics.add(this.#words, signWord, 1)
    // It was only slow.
    for (const watched of this.#released) watched.takeOver()
    this.#released.clear()
  }

  #release(): void {
    for (const watched of this.#watched) {
      watched.release()
      this.#released.add(watched)
    }
  }
}

/** Something that has taken over Ctrl-C. */
export interface Watched {
  takeOver(): void
  release(): void
}

let watchdog: Watchdog | null = null

/** Watches the main thread until `leave` is called. Other threads are watched by those that started them; a program that is debugged stops at will. */
export function watchMainThread(about: string, watched: Watched): { leave(): void } {
  if (!isMainThread || entry === undefined || inspector.url() !== undefined) return { leave: () => {} }
  watchdog ??= new Watchdog(entry)
  const dog = watchdog
  dog.tell(about)
  dog.watch(watched)
  return { leave: () => dog.leave(watched) }
}

/** What runs from now on. */
export function nowRunning(about: string): void {
  watchdog?.tell(about)
}

function askedPatienceMillis(): number | null {
  const seconds = Number(process.env.SEEDFALL_QUIET_SECONDS)
  return seconds > 0 ? seconds * 1_000 : null
}
