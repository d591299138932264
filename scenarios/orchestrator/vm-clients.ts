import { lostWrite, type VmHistory, vmHistory } from '../../invariants/orchestrator/history.js'
import type { VmOperation, VmResult } from '../../invariants/orchestrator/operations.js'
import { type Host, ms, NetError, OperationFailed, type Options, type Random, workload } from '../../sim/index.js'
import { type Asked, OrchestratorClient } from '../../systems/orchestrator/client.js'
import type { CommandResult } from '../../systems/orchestrator/control/commands.js'
import type { VmRecord } from '../../systems/orchestrator/control/records.js'
import { servicePort } from '../../systems/orchestrator/definition.js'
import { type GuestRequest, gatewayApi } from '../../systems/orchestrator/network/frames.js'

export const tenant = 'acme'

/** What a client keeps from one operation to the next. */
export interface VmSession {
  readonly control: OrchestratorClient
  /** VMs that clients talk to, as they were last looked up. */
  readonly known: Map<string, VmRecord>
  hasTenant: boolean
}

export interface VmClientsShape {
  readonly clients: number
  generate(random: Random, client: number, index: number, options: Options): VmOperation
  /** Of the tenant. */
  readonly quota?: { readonly vms: number; readonly vcpus: number; readonly memoryMib: number }
  /** Done once by each client, before its first operation. */
  prepare?(control: OrchestratorClient): Promise<void>
}

/** Clients of an orchestrator: owners that create, move and delete VMs, and users of what runs in them. */
export function vmClients({ clients, generate, quota = { vms: 100, vcpus: 400, memoryMib: 400_000 }, prepare }: VmClientsShape) {
  return workload<VmOperation, VmResult, VmSession>({
    clients,
    generate,
    connect: (host) => ({ control: new OrchestratorClient(host), known: new Map(), hasTenant: false }),
    think: (random, options) => random.int(ms(2 * (options.thinkMillis ?? 100)) + 1),
    async perform(host, operation, session) {
      if (!session.hasTenant) {
        done(await session.control.order({ kind: 'set-tenant', tenant, quota }, { key: 'tenant' }))
        await prepare?.(session.control)
        session.hasTenant = true
      }
      return perform(host, operation, session)
    },
    judge: vmHistory,
  })
}

async function perform(host: Host, operation: VmOperation, session: VmSession): Promise<VmResult> {
  const { control } = session
  switch (operation.f) {
    case 'create': {
      const { name, definition, pool } = operation
      return resultOf(await control.order({ kind: 'create', name, tenant, definition, ...(pool === undefined ? {} : { pool }) }))
    }
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete':
      return resultOf(await control.order({ kind: operation.f, name: operation.name }))
    case 'migrate':
      return resultOf(await control.order({ kind: 'migrate', name: operation.name, target: null }))
    case 'resize':
      return resultOf(await control.order({ kind: 'resize', name: operation.name, vcpus: operation.vcpus, memoryMib: 512 }))
    case 'mode':
      return resultOf(await control.order({ kind: 'set-mode', host: operation.name, mode: operation.mode }))
    case 'look': {
      const record = done(await control.ask('vm', { name: operation.name }))
      return { kind: 'desired', desired: record?.desired ?? null }
    }
    case 'put':
      return talk(host, session, operation.name, { f: 'put', value: operation.value })
    case 'get':
      return talk(host, session, operation.name, { f: 'get' })
  }
}

function done<Result>(asked: Asked<Result>): Result {
  if (asked.kind === 'ok') return asked.result
  if (asked.kind === 'undone') throw new OperationFailed('nobody would take the request')
  throw new NetError('timeout', 'nobody can tell what became of the request')
}

function resultOf(asked: Asked<CommandResult>): VmResult {
  const result = done(asked)
  if (result.kind === 'ok') return { kind: 'done' }
  if (result.why === 'name-in-use' || result.why === 'no-such-vm' || result.why === 'being-deleted') return { kind: 'refused', why: result.why }
  throw new OperationFailed(result.detail)
}

/** Asks the guest itself, at the address that its record names. */
async function talk(host: Host, { control, known }: VmSession, name: string, body: GuestRequest): Promise<VmResult> {
  const record = known.get(name) ?? done(await control.ask('vm', { name }))
  if (record === null || record.address === null) throw new OperationFailed(`there is no ${name}`)
  known.set(name, record)
  const { vni, ip } = record.address
  const gateway = host.peers.gateway?.[0] ?? 'gateway-1'
  const reply = await host.net.call(gatewayApi, gateway, 'request', { vni, ip, port: servicePort, body }, { timeout: ms(3_000) })
  if (reply.kind === 'value') return { kind: 'value', value: reply.value, vm: reply.vm, expected: record.id }
  if (reply.kind === 'no-answer') throw new NetError('timeout', `${name} did not answer`)
  throw new OperationFailed(`${name} is not to be reached`)
}

/** Reads every VM of these names that should run, as a client would, and holds what it holds against the history. */
export async function readGuestsBack(host: Host, history: VmHistory, names: readonly string[]): Promise<string | null> {
  const session: VmSession = { control: new OrchestratorClient(host), known: new Map(), hasTenant: true }
  for (const name of names) {
    try {
      const record = done(await session.control.ask('vm', { name }))
      if (record === null || record.desired !== 'running' || record.host === null) continue
      const result = await talk(host, session, name, { f: 'get' })
      const wrong = result.kind === 'value' ? lostWrite(history, name, result.value) : `${name} answers something else`
      if (wrong !== null) return wrong
    } catch (error) {
      if (error instanceof OperationFailed || error instanceof NetError) return `${name}: ${error.message}`
      throw error
    }
  }
  return null
}
