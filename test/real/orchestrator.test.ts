import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { httpApi } from '../../cli/orchestrator/http-api.js'
import { LocalCluster } from '../../cli/orchestrator/local-cluster.js'
import { freshAddress, temporaryFolder } from './real-hosts.js'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** An orchestrator on this machine, by its HTTP API. */
async function start(data = path.join(temporaryFolder(), 'data')) {
  const { machine } = freshAddress()
  const ended: string[] = []
  const cluster = await LocalCluster.start({
    data,
    machine,
    firstPort: 7_100,
    capacity: { vcpus: 4, memoryMib: 4_096, diskMib: 100_000 },
    log: () => {},
    onEnd: (why) => ended.push(why),
  })
  const server = httpApi(cluster.client)
  await new Promise<void>((settle) => server.listen(0, machine, settle))
  const url = `http://${machine}:${(server.address() as AddressInfo).port}/v1`
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await cluster.stop()
  }
  open.push({ close: stop })
  const call = async (method: string, route: string, body?: object) => {
    const response = await fetch(`${url}${route}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    // biome-ignore lint/suspicious/noExplicitAny: what an HTTP API answers is what the test looks at.
    return { status: response.status, body: (await response.json()) as any }
  }
  const until = async (name: string, holds: (vm: { observed: string; host: string | null } | null) => boolean) => {
    for (let i = 0; i < 400; i++) {
      const { status, body } = await call('GET', `/vms/${name}`)
      const vm = status === 404 ? null : body
      if (holds(vm)) return vm
      await new Promise((settle) => setTimeout(settle, 50))
    }
    throw new Error(`${name} never became so`)
  }
  return { call, until, ended, driver: cluster.driver }
}

describe('An orchestrator on a real machine', () => {
  test('runs a process for a VM, starts it again when it ends, stops it, and forgets it', async () => {
    const { call, until, ended } = await start()
    expect((await call('PUT', '/tenants/acme', { vms: 2, vcpus: 4, memoryMib: 4_096 })).status).toBe(200)
    expect(await call('POST', '/vms', { name: 'web', tenant: 'acme' })).toEqual({ status: 200, body: { vm: 'vm-1' } })
    expect(await until('web', (vm) => vm?.observed === 'running')).toMatchObject({ name: 'web', generation: 1, host: 'machine-1' })
    await call('POST', '/vms/web/restart')
    expect(await until('web', (vm) => vm?.observed === 'running')).toMatchObject({ boots: 2 })
    await call('POST', '/vms/web/stop')
    await until('web', (vm) => vm?.host === null)
    await call('DELETE', '/vms/web')
    await until('web', (vm) => vm === null)
    const events = (await call('GET', '/events?after=0')).body as { what: string }[]
    expect(events.map(({ what }) => what)).toContain('is stopped')
    expect(ended).toEqual([])
  })

  test('refuses in one line, with a code that stays', async () => {
    const { call } = await start()
    expect(await call('GET', '/vms/web')).toEqual({ status: 404, body: { error: { code: 'no-such-vm', message: 'no VM is called web' } } })
    expect((await call('POST', '/vms', { name: 'web', tenant: 'nobody' })).body.error.code).toBe('no-such-tenant')
    expect((await call('POST', '/vms', { name: 'Web!', tenant: 'acme' })).body.error.message).toContain('name must be lower-case letters')
    expect((await call('POST', '/vms', { name: 'web', tenant: 'acme', definition: { vcpus: 0 } })).body.error).toEqual({
      code: 'bad-definition',
      message: 'definition.vcpus must be a whole number from 1 to 256, not 0',
    })
    await call('PUT', '/tenants/acme', { vms: 1, vcpus: 1, memoryMib: 512 })
    expect((await call('POST', '/vms', { name: 'big', tenant: 'acme', definition: { vcpus: 2 } })).body.error.code).toBe('over-quota')
    expect((await call('PATCH', '/vms/web')).status).toBe(404)
  })
})
