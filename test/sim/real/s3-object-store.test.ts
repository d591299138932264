import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { S3ObjectStore } from '../../../sim/real/s3-object-store.js'
import { objectStoreCases } from '../objects/object-store-cases.js'
import { type S3Server, startS3Server } from './s3-server.js'

const least = 1024
const bytes = (text: string) => new TextEncoder().encode(text)
let server: S3Server
let store: S3ObjectStore

beforeAll(async () => {
  server = await startS3Server(least)
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  store = new S3ObjectStore({ bucket: 'bucket', client: { endpoint: server.endpoint, region: 'eu-central-1', forcePathStyle: true, credentials } })
})
afterAll(async () => {
  store.close()
  await server.close()
})

describe('an object store over S3', () => {
  for (const { name, run } of objectStoreCases) test(name, () => run(store, least))

  test('asks once, whatever the answer, and tells the codes of a store', async () => {
    const answers = [
      [{ status: 503, name: 'SlowDown' }, 'slow-down', false],
      [{ status: 500, name: 'InternalError' }, 'unavailable', true],
      [{ status: 409, name: 'ConditionalRequestConflict' }, 'conflict', false],
      [{ status: 403, name: 'AccessDenied' }, 'denied', false],
      [{ status: 404, name: 'NoSuchBucket' }, 'denied', false],
      ['reset', 'unavailable', true],
    ] as const
    for (const [failure, code, isOutcomeUnknown] of answers) {
      server.failures.push(failure)
      const { length } = server.requests
      await expect(store.put('failing/a', bytes('x'))).rejects.toMatchObject({ code, isOutcomeUnknown, operation: 'put', key: 'failing/a' })
      expect(server.requests.length - length).toBe(1)
    }
    expect(await store.get('failing/a')).toBeNull()
  })

  test('gives up after the timeout, and when its caller does', async () => {
    server.failures.push('hang', 'hang')
    await expect(store.get('hanging/a', { timeout: 50_000_000 })).rejects.toMatchObject({ code: 'timeout' })
    const controller = new AbortController()
    const put = store.put('hanging/a', bytes('x'), { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await expect(put).rejects.toMatchObject({ code: 'aborted', isOutcomeUnknown: true })
  })

  test('lists more than a page of a thousand by its tokens', async () => {
    for (let i = 0; i < 1001; i++) server.bucket.put(`thousand/${i}`, bytes('x'), {}, 0)
    const first = await store.list('thousand/')
    expect(first.objects.length).toBe(1000)
    const second = await store.list('thousand/', { token: first.next as string })
    expect([second.objects.length, second.next]).toEqual([1, null])
  })
})
