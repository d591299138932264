import { DiskError } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { CorruptSnapshot } from './errors.js'
import type { Position } from './messages.js'
import type { StateMachine } from './state-machine.js'
import { CorruptLog } from './wal-recovery.js'

/** What a state machine does with files, one task after the other. A disk that fails ends the process. */
export class StateStorage {
  readonly #host: Host
  readonly #stateMachine: StateMachine
  #last: Promise<unknown> = Promise.resolve()

  constructor(host: Host, stateMachine: StateMachine) {
    this.#host = host
    this.#stateMachine = stateMachine
  }

  flush(): Promise<Position> {
    return this.#afterOthers(async () => {
      await this.#host.failpoint('raft.flush', { EIO: () => new DiskError('EIO', 'sync', 'state machine') })
      return this.#stateMachine.flush()
    })
  }

  /** null: some of the state is damaged. */
  capture(): Promise<(Position & { readonly bytes: Uint8Array }) | null> {
    return this.#afterOthers(async () => {
      await this.#host.failpoint('raft.capture')
      try {
        return await this.#stateMachine.capture()
      } catch (error) {
        if (error instanceof CorruptLog) return null
        throw error
      }
    })
  }

  /** False: the state machine finds the bytes no good, and is as it was. */
  install(snapshot: Position & { readonly bytes: Uint8Array }): Promise<boolean> {
    return this.#afterOthers(async () => {
      await this.#host.failpoint('raft.install')
      try {
        await this.#stateMachine.install(snapshot)
        return true
      } catch (error) {
        if (error instanceof CorruptSnapshot) return false
        throw error
      }
    })
  }

  async #afterOthers<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last
    let done = (): void => {}
    this.#last = new Promise<void>((resolve) => {
      done = resolve
    })
    await before
    try {
      return await task()
    } catch (error) {
      if (error instanceof DiskError) this.#host.exit(`the state machine cannot be kept: ${error.message}`)
      throw error
    } finally {
      done()
    }
  }
}
