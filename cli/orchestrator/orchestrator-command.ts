import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { DataDirectoryInUse } from '../../sim/real/index.js'
import { type ExitCode, exitCodes } from '../../sim/report/exit-code.js'
import { completeDefinition, definitionFault, type VmDefinition } from '../../systems/orchestrator/definition.js'
import { addressOf } from '../../systems/orchestrator/network/addresses.js'
import { flakeOf } from '../../systems/orchestrator/nix/flake.js'
import { BadInput } from '../bad-input.js'
import type { Terminal } from '../terminal.js'
import { httpApi } from './http-api.js'
import { LocalCluster } from './local-cluster.js'

interface ClientFlags {
  readonly url: string
  readonly json?: boolean
}

/** `orchestrator`: an orchestrator on this machine, and a client of its HTTP API. */
export function orchestratorCommand(command: Command, terminal: Terminal, finish: (code: ExitCode) => void): Command {
  command.description('run an orchestrator of virtual machines for real, or talk to one')
  command
    .command('serve')
    .description('all parts of an orchestrator in one process; its VMs are local processes')
    .requiredOption('--data <directory>', 'where its parts keep their files; made when it is missing')
    .option('--http <address>', 'where the HTTP API is served', '127.0.0.1:8600')
    .option('--first-port <number>', 'the first of four ports that its parts talk by', '8601')
    .option('--vcpus <number>', 'what this machine gives to VMs', '8')
    .option('--memory <mebibytes>', 'what this machine gives to VMs', '8192')
    .option('--json', 'says that it is ready as one JSON object')
    .action(async (flags: ServeFlags) => finish(await serve(flags, terminal)))
  command
    .command('flake')
    .description('print the microvm.nix flake of a definition')
    .argument('<file>', "a VM's definition as JSON")
    .option('--json', 'as one JSON object')
    .action((file: string, { json }: { json?: boolean }) => printFlake(file, json === true, terminal))
  const ask = (
    words: string,
    description: string,
    call: (args: string[], flags: ClientFlags & Record<string, string | undefined>) => Call,
    options: readonly Option[] = [],
  ) => {
    const [name, ...args] = words.split(' ') as [string, ...string[]]
    const sub = command.command(name).description(description)
    for (const argument of args) sub.argument(argument)
    for (const option of options) sub.addOption(option)
    sub
      .option('--url <address>', 'of the HTTP API', 'http://127.0.0.1:8600')
      .option('--json', 'what the API answers, as it is')
      .action(async (...given: unknown[]) => {
        const flags = given[args.length] as ClientFlags & Record<string, string | undefined>
        finish(await request(call(given.slice(0, args.length) as string[], flags), flags, terminal))
      })
  }
  const vm = (name: string | undefined) => `/v1/vms/${encodeURIComponent(name ?? '')}`
  ask('vms', 'list the VMs', () => ({ method: 'GET', path: '/v1/vms' }))
  ask('show <vm>', 'show a VM', ([name]) => ({ method: 'GET', path: vm(name) }))
  ask(
    'create <vm>',
    'create a VM',
    ([name], { tenant, file, pool }) => ({
      method: 'POST',
      path: '/v1/vms',
      body: { name, tenant, definition: file === undefined ? {} : readJson(file, terminal), ...(pool === undefined ? {} : { pool }) },
    }),
    [
      new Option('--tenant <name>', 'whose it is').makeOptionMandatory(),
      new Option('--file <file>', 'its definition as JSON'),
      new Option('--pool <name>', 'take a warm one of this pool'),
    ],
  )
  for (const action of ['start', 'stop', 'restart'] as const)
    ask(`${action} <vm>`, `${action} a VM`, ([name]) => ({ method: 'POST', path: `${vm(name)}/${action}` }))
  ask('delete <vm>', 'delete a VM', ([name]) => ({ method: 'DELETE', path: vm(name) }))
  ask(
    'migrate <vm>',
    'move a VM to another host while it runs',
    ([name], { target }) => ({ method: 'POST', path: `${vm(name)}/migrate`, body: target === undefined ? {} : { target } }),
    [new Option('--target <host>', 'where to; the best when not given')],
  )
  ask('hosts', 'list the hosts', () => ({ method: 'GET', path: '/v1/hosts' }))
  ask('mode <host> <mode>', 'open, cordoned, draining or maintenance', ([host, mode]) => ({
    method: 'PUT',
    path: `/v1/hosts/${encodeURIComponent(host ?? '')}/mode`,
    body: { mode },
  }))
  ask('tenants', 'list the tenants', () => ({ method: 'GET', path: '/v1/tenants' }))
  ask(
    'tenant <name>',
    'make a tenant, or change its quota',
    ([name], { vms, vcpus, memory }) => ({
      method: 'PUT',
      path: `/v1/tenants/${encodeURIComponent(name ?? '')}`,
      body: { vms: Number(vms), vcpus: Number(vcpus), memoryMib: Number(memory) },
    }),
    [new Option('--vms <number>').default('10'), new Option('--vcpus <number>').default('20'), new Option('--memory <mebibytes>').default('20480')],
  )
  ask('events', 'show what happened', (_, { after, wait }) => ({ method: 'GET', path: `/v1/events?after=${after}&wait=${wait}` }), [
    new Option('--after <revision>', 'only what came later').default('0'),
    new Option('--wait <seconds>', 'wait so long for the first').default('0'),
  ])
  return command
}

interface ServeFlags {
  readonly data: string
  readonly http: string
  readonly firstPort: string
  readonly vcpus: string
  readonly memory: string
  readonly json?: boolean
}

async function serve(flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  try {
    return await run(flags, terminal)
  } catch (error) {
    const isTaken = error instanceof DataDirectoryInUse || ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!isTaken) throw error
    terminal.error(`seedfall: ${(error as Error).message}`)
    return exitCodes.unavailable
  }
}

async function run({ data, http, firstPort, vcpus, memory, json }: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const address = /^([\w.-]+):(\d{1,5})$/.exec(http)
  if (address === null) throw new BadInput(`--http takes an address such as 127.0.0.1:8600, not '${http}'`)
  let end: (code: ExitCode) => void = () => {}
  const ended = new Promise<ExitCode>((settle) => {
    end = settle
  })
  const cluster = await LocalCluster.start({
    data: path.resolve(terminal.folder, data),
    machine: '127.0.0.1',
    firstPort: whole('--first-port', firstPort),
    capacity: { vcpus: whole('--vcpus', vcpus), memoryMib: whole('--memory', memory), diskMib: 1 << 20 },
    log: (line) => terminal.error(line.trimEnd()),
    onEnd(why) {
      terminal.error(`seedfall: ${why}`)
      end(exitCodes.crashed)
    },
  })
  const server = httpApi(cluster.client)
  try {
    await new Promise<void>((settle, reject) => {
      server.once('error', reject)
      server.listen(Number(address[2]), address[1], settle)
    })
  } catch (error) {
    await cluster.stop()
    throw error
  }
  const { port } = server.address() as AddressInfo
  const url = `http://${address[1]}:${port}`
  terminal.out(json ? JSON.stringify({ ready: true, url }) : `ready  ${url}`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(exitCodes.passed))
  const code = await ended
  server.close()
  server.closeAllConnections()
  await cluster.stop()
  return code
}

function whole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw new BadInput(`${option} takes a whole number from 1 on, not '${text}'`)
  return Number(text)
}

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

async function request({ method, path: route, body }: Call, { url, json }: ClientFlags, terminal: Terminal): Promise<ExitCode> {
  let response: Response
  try {
    response = await fetch(`${url}${route}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch (error) {
    throw new BadInput(
      `${url} cannot be reached (${error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error)}): is 'seedfall orchestrator serve' running?`,
    )
  }
  const answer = (await response.json()) as { readonly error?: { readonly code: string; readonly message: string } }
  if (json) terminal.out(JSON.stringify(answer))
  if (answer.error !== undefined) {
    if (!json) terminal.error(`seedfall: ${answer.error.message} (${answer.error.code})`)
    return exitCodes.usage
  }
  if (!json) for (const line of linesOf(answer)) terminal.out(line)
  return exitCodes.passed
}

/** One line for each thing, with what matters of it. */
function linesOf(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.length === 0 ? ['none'] : answer.flatMap(linesOf)
  const it = answer as Record<string, unknown>
  if ('observed' in it) return [`${it.name}  ${it.id}  ${it.desired}  ${it.observed}  on ${it.host ?? 'no host'}  generation ${it.generation}`]
  if ('session' in it) return [`${it.name}  ${it.state}  ${it.mode}  session ${it.session}`]
  if ('quota' in it) return [`${it.name}  ${JSON.stringify(it.quota)}`]
  if ('what' in it) return [`${it.revision}  ${it.subject} ${it.what}`]
  return ['vm' in it && it.vm !== null ? `done  ${it.vm}` : 'done']
}

function printFlake(file: string, json: boolean, terminal: Terminal): void {
  const definition = completeDefinition(readJson(file, terminal))
  const fault = definitionFault(definition)
  if (fault !== null) throw new BadInput(`${file}: ${fault}`)
  const identity = { machineId: '0'.repeat(32), randomSeed: 0, generationId: '0'.repeat(32) }
  const vm = path.basename(file, '.json')
  const flake = flakeOf({ vm, generation: 1, boots: 1, definition: definition as VmDefinition, address: addressOf(0, 0, 1), identity, snapshotOf: null })
  terminal.out(json ? JSON.stringify({ flake }) : flake.trimEnd())
}

function readJson(file: string, terminal: Terminal): unknown {
  let text: string
  try {
    text = readFileSync(path.resolve(terminal.folder, file), 'utf8')
  } catch (error) {
    throw new BadInput(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new BadInput(`${file}: it is no JSON`)
  }
}
