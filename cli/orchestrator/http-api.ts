import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Asked, OrchestratorClient } from '../../systems/orchestrator/client.js'
import type { CommandResult, Refused } from '../../systems/orchestrator/control/commands.js'
import type { Order } from '../../systems/orchestrator/control/control-api.js'
import type { PoolSource } from '../../systems/orchestrator/control/records.js'
import { completeDefinition, definitionFault, type VmDefinition } from '../../systems/orchestrator/definition.js'

/** An answer that is not what was asked for. `code` is stable, `message` is for people. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** JSON over HTTP for the control plane: VMs, hosts, tenants, pools, events. Errors are `{ error: { code, message } }`. */
export function httpApi(client: OrchestratorClient): Server {
  return createServer((request, response) => {
    void answer(client, request, response)
  })
}

async function answer(client: OrchestratorClient, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const result = await route(client, request)
    send(response, result === undefined ? 204 : 200, result)
  } catch (error) {
    if (error instanceof HttpError) send(response, error.status, { error: { code: error.code, message: error.message } })
    else send(response, 500, { error: { code: 'internal', message: error instanceof Error ? error.message : String(error) } })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

async function route(client: OrchestratorClient, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://orchestrator')
  const [version, kind, name, action, ...more] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const method = request.method ?? 'GET'
  const notFound = new HttpError(404, 'no-such-route', `there is no ${method} ${url.pathname}`)
  if (version !== 'v1' || kind === undefined || more.length > 0) throw notFound
  const key = request.headers['idempotency-key']
  const order = async (asked: Order) => ordered(await client.order(asked, typeof key === 'string' ? { key } : {}))
  switch (`${method} ${kind}${name === undefined ? '' : '/*'}${action === undefined ? '' : `/${action}`}`) {
    case 'GET vms':
      return done(await client.ask('vms', null))
    case 'GET vms/*': {
      const vm = done(await client.ask('vm', { name: name as string }))
      if (vm === null) throw new HttpError(404, 'no-such-vm', `no VM is called ${name}`)
      return vm
    }
    case 'POST vms': {
      const body = await bodyOf(request)
      const vm = nameIn(body, 'name')
      const tenant = nameIn(body, 'tenant')
      const definition = completeDefinition(body.definition ?? {})
      const fault = definitionFault(definition)
      if (fault !== null) throw new HttpError(400, 'bad-definition', fault)
      const pool = body.pool === undefined ? {} : { pool: nameIn(body, 'pool') }
      return order({ kind: 'create', name: vm, tenant, definition: definition as VmDefinition, ...pool })
    }
    case 'DELETE vms/*':
      return order({ kind: 'delete', name: name as string })
    case 'POST vms/*/start':
    case 'POST vms/*/stop':
    case 'POST vms/*/restart':
      return order({ kind: action as 'start', name: name as string })
    case 'POST vms/*/migrate': {
      const { target } = await bodyOf(request)
      if (target !== undefined && typeof target !== 'string') throw new HttpError(400, 'bad-request', 'target must be the name of a host')
      return order({ kind: 'migrate', name: name as string, target: target ?? null })
    }
    case 'POST vms/*/resize': {
      const body = await bodyOf(request)
      return order({ kind: 'resize', name: name as string, vcpus: wholeIn(body, 'vcpus'), memoryMib: wholeIn(body, 'memoryMib') })
    }
    case 'GET hosts':
      return done(await client.ask('hosts', null))
    case 'PUT hosts/*/mode': {
      const { mode } = await bodyOf(request)
      if (mode !== 'open' && mode !== 'cordoned' && mode !== 'draining' && mode !== 'maintenance')
        throw new HttpError(400, 'bad-request', 'mode must be open, cordoned, draining or maintenance')
      return order({ kind: 'set-mode', host: name as string, mode })
    }
    case 'GET tenants':
      return done(await client.ask('tenants', null))
    case 'PUT tenants/*': {
      const body = await bodyOf(request)
      return order({
        kind: 'set-tenant',
        tenant: name as string,
        quota: { vms: wholeIn(body, 'vms'), vcpus: wholeIn(body, 'vcpus'), memoryMib: wholeIn(body, 'memoryMib') },
      })
    }
    case 'GET pools':
      return done(await client.ask('pools', null))
    case 'PUT pools/*': {
      const body = await bodyOf(request)
      const definition = completeDefinition(body.definition ?? {})
      const fault = definitionFault(definition)
      if (fault !== null) throw new HttpError(400, 'bad-definition', fault)
      return order({
        kind: 'set-pool',
        pool: name as string,
        definition: definition as VmDefinition,
        least: wholeIn(body, 'least'),
        most: wholeIn(body, 'most'),
        source: sourceIn(body),
      })
    }
    case 'GET events':
      return watch(client, Number(url.searchParams.get('after') ?? 0), Number(url.searchParams.get('wait') ?? 0))
    default:
      throw notFound
  }
}

/** Events after a revision; waits for the first of them, at most so many seconds. */
async function watch(client: OrchestratorClient, after: number, seconds: number): Promise<unknown> {
  if (!Number.isInteger(after) || !(seconds >= 0 && seconds <= 60))
    throw new HttpError(400, 'bad-request', 'after is a revision, wait a number of seconds up to 60')
  for (let waited = 0; ; waited += pauseMillis) {
    const events = done(await client.ask('events', { after }))
    if (events.length > 0 || waited >= seconds * 1_000) return events
    await new Promise((settle) => setTimeout(settle, pauseMillis))
  }
}
const pauseMillis = 200

function done<Result>(asked: Asked<Result>): Result {
  if (asked.kind === 'ok') return asked.result
  if (asked.kind === 'undone') throw new HttpError(503, 'unavailable', 'the control plane has no leader that could be reached: nothing was done')
  throw new HttpError(504, 'unknown', 'nobody can tell whether it was done: ask again with the same Idempotency-Key')
}

function ordered(asked: Asked<CommandResult>): unknown {
  const result = done(asked)
  if (result.kind === 'ok') return { vm: result.vm ?? null }
  throw new HttpError(statuses[result.why], result.why, result.detail)
}

const statuses: Readonly<Record<Refused, number>> = {
  'no-such-vm': 404,
  'no-such-host': 404,
  'no-such-tenant': 404,
  'no-such-pool': 404,
  'name-in-use': 409,
  'over-quota': 403,
  'claim-lost': 409,
  'busy-migrating': 409,
  'not-running': 409,
  'being-deleted': 409,
  stale: 409,
  'no-address': 409,
  'too-many': 409,
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new HttpError(413, 'too-large', `a request holds at most ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return {}
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new HttpError(400, 'bad-json', 'the body is no JSON')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new HttpError(400, 'bad-request', 'the body must be a JSON object')
  return body as Record<string, unknown>
}
const mostBytes = 1 << 20

function nameIn(body: Record<string, unknown>, field: string): string {
  const value = body[field]
  if (typeof value === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(value)) return value
  throw new HttpError(400, 'bad-request', `${field} must be lower-case letters, digits and dashes, at most 63, not ${JSON.stringify(value ?? null)}`)
}

function sourceIn({ source = 'boot' }: Readonly<Record<string, unknown>>): PoolSource {
  if (source !== 'boot' && source !== 'snapshot') throw new HttpError(400, 'bad-request', "source must be 'boot' or 'snapshot'")
  return source
}

function wholeIn(body: Record<string, unknown>, field: string): number {
  const value = body[field]
  if (Number.isInteger(value) && (value as number) >= 0) return value as number
  throw new HttpError(400, 'bad-request', `${field} must be a whole number from 0 on, not ${JSON.stringify(value ?? null)}`)
}
