import { SeedfallError } from '../../../sim/host/errors.js'
import { flakeOf } from '../nix/flake.js'
import { unitsOf } from '../nix/systemd.js'
import type { GuestDriver } from './guest-driver.js'
import type { GuestSpec } from './hypervisor.js'

/** What the driver has done on the machine: the one place where it touches it. */
export interface Executor {
  writeFile(path: string, text: string): Promise<void>
  remove(path: string): Promise<void>
  /** Answers the exit code and what was printed. */
  run(command: readonly string[]): Promise<{ readonly code: number; readonly output: string }>
}

/** A command of the machine did not do its part. */
export class CommandFailed extends SeedfallError {
  readonly code = 'command-failed'
}

/** Guests as microvm.nix runs them: a flake in the VM's directory, built, and units that systemd starts. */
export class SystemdDriver implements GuestDriver {
  readonly #executor: Executor
  readonly #gate: string
  readonly #units = new Map<string, readonly string[]>()

  /** `gate`: the command that systemd asks before each start, with the VM and its generation. */
  constructor(executor: Executor, gate: string) {
    this.#executor = executor
    this.#gate = gate
  }

  async start(spec: GuestSpec, _ended: (why: string) => void): Promise<void> {
    const { vm } = spec
    const directory = `/var/lib/microvms/${vm}`
    await this.#executor.writeFile(`${directory}/flake.nix`, flakeOf(spec))
    const units = unitsOf(spec, this.#gate)
    this.#units.set(
      vm,
      units.map(({ name }) => name),
    )
    for (const { name, text } of units) await this.#executor.writeFile(`/run/systemd/system/${name}`, text)
    await this.#must('nix', 'build', '--out-link', `${directory}/current`, `${directory}#nixosConfigurations.${vm}.config.microvm.declaredRunner`)
    await this.#must('systemctl', 'daemon-reload')
    await this.#must('systemctl', 'start', `microvm@${vm}.service`)
  }

  async stop(vm: string): Promise<void> {
    await this.#must('systemctl', 'stop', `microvm@${vm}.service`)
    for (const name of this.#units.get(vm) ?? []) await this.#executor.remove(`/run/systemd/system/${name}`)
    this.#units.delete(vm)
    await this.#must('systemctl', 'daemon-reload')
  }

  async hold(vm: string, isHeld: boolean): Promise<void> {
    await this.#must('systemctl', isHeld ? 'freeze' : 'thaw', `microvm@${vm}.service`)
  }

  async #must(...command: readonly string[]): Promise<void> {
    const { code, output } = await this.#executor.run(command)
    if (code !== 0) throw new CommandFailed(`${command.join(' ')} exits with ${code}: ${output.trim()}`)
  }
}
