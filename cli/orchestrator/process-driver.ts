import { type ChildProcess, spawn } from 'node:child_process'
import type { GuestDriver } from '../../systems/orchestrator/hypervisor/guest-driver.js'
import type { GuestSpec } from '../../systems/orchestrator/hypervisor/hypervisor.js'

/** Runs a local process in place of each VM: the definition's `command`, or one that only waits. */
export class ProcessDriver implements GuestDriver {
  readonly #running = new Map<string, ChildProcess>()

  start({ vm, generation, definition, identity, address }: GuestSpec, ended: (why: string) => void): Promise<void> {
    const [program, ...words] = definition.command ?? [process.execPath, '-e', 'setInterval(() => {}, 1 << 30)']
    return new Promise((settle, reject) => {
      const child = spawn(program as string, words, {
        stdio: 'ignore',
        env: {
          ...process.env,
          SEEDFALL_VM: vm,
          SEEDFALL_GENERATION: String(generation),
          SEEDFALL_MACHINE_ID: identity.machineId,
          SEEDFALL_IP: address?.ip ?? '',
        },
      })
      child.once('spawn', () => {
        this.#running.set(vm, child)
        settle()
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        if (this.#running.get(vm) !== child) return
        this.#running.delete(vm)
        ended(signal === null ? `it exited with ${code}` : `it was ended by ${signal}`)
      })
    })
  }

  /** SIGTERM, and SIGKILL when it is still there after a second. */
  stop(vm: string): Promise<void> {
    const child = this.#running.get(vm)
    if (child === undefined) return Promise.resolve()
    this.#running.delete(vm)
    return new Promise((settle) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 1_000)
      child.once('exit', () => {
        clearTimeout(timer)
        settle()
      })
      child.kill('SIGCONT')
      child.kill('SIGTERM')
    })
  }

  async hold(vm: string, isHeld: boolean): Promise<void> {
    this.#running.get(vm)?.kill(isHeld ? 'SIGSTOP' : 'SIGCONT')
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((vm) => this.stop(vm)))
  }
}
