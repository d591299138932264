import { type ChildProcess, spawn } from 'node:child_process'
import type { HostName } from '../../sim/host/seam.js'
import { type PeerAddress, printAddress } from '../../sim/real/index.js'
import type { BuiltProgram } from './built-program.js'

export interface ServedProcessOptions {
  readonly program: BuiltProgram
  readonly scenario: string
  readonly host: HostName
  readonly addresses: Readonly<Record<HostName, PeerAddress>>
  readonly data: string
  readonly words?: readonly string[]
}

/** `seedfall serve` as a process of its own, one host of a system. It can be killed and started again, and again. */
export class ServedProcess {
  lives = 0
  readonly #options: ServedProcessOptions
  #child: ChildProcess | null = null
  #ended: Promise<number | string> = Promise.resolve(0)
  /** Standard error of all lives. */
  log = ''

  constructor(options: ServedProcessOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Settles when it says that it is ready, and answers what it said. */
  async start(): Promise<{ readonly incarnation: number }> {
    const { program, scenario, host, addresses, data, words = [] } = this.#options
    const [, role, ordinal] = /^(.+)-(\d+)$/.exec(host) as unknown as [string, string, string]
    const peers = Object.entries(addresses).flatMap(([name, address]) => ['--peer', `${name}=${printAddress(address)}`])
    const command = [program.main, 'serve', program.scenario(scenario), '--role', role, '--ordinal', ordinal, ...peers, '--data', data, '--json', ...words]
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.lives++
    this.#ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text
    })
    return new Promise((resolve, reject) => {
      let out = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        out += text
        if (out.includes('\n')) resolve(JSON.parse(out) as { incarnation: number })
      })
      void this.#ended.then((code) => reject(new Error(`${host} ended with ${code} before it was ready:\n${this.log}`)))
    })
  }

  /** SIGSTOP holds it up, SIGCONT lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** SIGTERM; answers the exit code, or the signal that ended it. */
  async stop(): Promise<number | string> {
    this.#child?.kill('SIGTERM')
    return this.#ended
  }
}
