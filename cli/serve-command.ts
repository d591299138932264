import { SeedfallError } from '../sim/host/errors.js'
import { HostExit } from '../sim/host/exit.js'
import { DirectoryObjectStore } from '../sim/real/directory-object-store.js'
import { DataDirectoryInUse, type ProcessCrashed, printAddress, RealHost } from '../sim/real/index.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { loadScenario } from './load-scenario.js'
import { type ServedRole, type ServeFlags, servedRole } from './serve-options.js'
import type { Terminal } from './terminal.js'

/**
 * `serve`: one role of a scenario as a process of this machine. Answers when it was stopped by SIGTERM or SIGINT, exited by itself or crashed; a second signal
 * ends it at once. Logs go to standard error, one line to standard output says that it is ready.
 */
export async function serve(name: string, flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const { scenario } = await loadScenario(name, terminal.folder)
  const served = servedRole(scenario, flags, terminal.folder)
  const ending = new Ending()
  let host: RealHost
  try {
    host = await RealHost.open({
      cluster: scenario.system.name,
      role: flags.role,
      ordinal: flags.ordinal,
      peers: served.peers,
      data: served.data,
      config: served.role.config?.(flags.ordinal, served.options),
      log: { least: flags.log },
      onCrash: (crash) => ending.crashed(crash),
      onExit: () => ending.exited(host.stopping.aborted),
      ...(served.listen === undefined ? {} : { listen: served.listen }),
      ...(served.objects === undefined ? {} : { objects: new DirectoryObjectStore({ directory: served.objects }) }),
    })
  } catch (error) {
    return unavailable(served, error, terminal)
  }
  const restore = listenToMachine(host, ending, flags)
  try {
    await Promise.race([boot(host, served, () => ready(scenario.name, served, flags, host, terminal)), ending.reached])
    return await ending.reached
  } finally {
    restore()
    await host.close()
    // The process' own handles, if it has any, do not keep it alive.
    setTimeout(() => process.exit(), 1_000).unref()
  }
}

/** How a served process ends: what comes first counts. */
class Ending {
  readonly reached: Promise<ExitCode>
  #reach!: (code: ExitCode) => void

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve
    })
  }

  stopped(): void {
    this.#reach(exitCodes.passed)
  }

  exited(wasAsked: boolean): void {
    this.#reach(wasAsked ? exitCodes.passed : exitCodes.exited)
  }

  crashed(crash: ProcessCrashed): void {
    const { cause } = crash
    process.stderr.write(`seedfall: ${crash.message}\n${cause instanceof Error && cause.stack ? `${cause.stack}\n` : ''}`)
    this.#reach(exitCodes.crashed)
  }
}

async function boot(host: RealHost, { role }: ServedRole, ready: () => void): Promise<void> {
  try {
    await role.boot(host)
    ready()
  } catch (error) {
    if (!(error instanceof HostExit)) host.crash(error, 'in its boot')
  }
}

/** Signals, and errors that nothing catches: they are the served process' own. */
function listenToMachine(host: RealHost, ending: Ending, { grace }: ServeFlags): () => void {
  let isStopping = false
  const stop = (): void => {
    if (isStopping) process.exit(exitCodes.interrupted)
    isStopping = true
    host.log.info('host.stopping', { graceMillis: grace / 1_000_000 })
    void host.stop(grace).then((isDone) => {
      if (!isDone) host.log.warn('host.stopped-late', { graceMillis: grace / 1_000_000 })
      ending.stopped()
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.setUncaughtExceptionCaptureCallback((error) => host.crash(error, 'where nothing catches it'))
  return () => {
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
    process.setUncaughtExceptionCaptureCallback(null)
  }
}

function ready(scenario: string, { name, data, options }: ServedRole, { json }: ServeFlags, host: RealHost, { out, paint }: Terminal): void {
  const { address } = host.net
  const listen = address === undefined ? undefined : printAddress(address)
  const { incarnation } = host
  if (json) out(JSON.stringify({ event: 'ready', scenario, host: name, incarnation, pid: process.pid, listen, data, options, peers: host.peers }))
  else out(`${paint.good('ready')}  ${paint.strong(name)} of ${scenario}${listen === undefined ? '' : ` at ${listen}`}, life ${incarnation}, data in ${data}`)
}

/** The machine did not give what was asked for. */
function unavailable({ name, listen, data }: ServedRole, error: unknown, terminal: Terminal): ExitCode {
  const { code, message } = error as NodeJS.ErrnoException
  const isMachine = error instanceof DataDirectoryInUse || (typeof code === 'string' && !(error instanceof SeedfallError))
  if (!isMachine) throw error
  const what = code === 'EADDRINUSE' && listen !== undefined ? `${printAddress(listen)} is in use: give ${name} another address with --listen` : message
  terminal.error(`seedfall: ${name} cannot start: ${code === 'EACCES' ? `${what} (its data directory is ${data})` : what}`)
  return exitCodes.unavailable
}
