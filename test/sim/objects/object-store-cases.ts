/** What every object store must do, written once against the interface: run on the simulated one, over a directory and over S3. */
import { deepStrictEqual as equal, ok } from 'node:assert/strict'
import { ObjectStoreError } from '../../../sim/host/errors.js'
import type { ObjectStore, ObjectSummary } from '../../../sim/host/object-store.js'

export interface ObjectStoreCase {
  readonly name: string
  /** `least`: the least size of a part that is not the last, as this store was told. Keys are the case's own. */
  run(store: ObjectStore, least: number): Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body)

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    if (!(error instanceof ObjectStoreError)) throw error
    ok(error.isOutcomeUnknown === ['timeout', 'unavailable', 'aborted'].includes(error.code))
    return error.code
  }
}

async function everyKey(store: ObjectStore, prefix: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  let token: string | undefined
  for (;;) {
    const page = await store.list(prefix, { limit, ...(token === undefined ? {} : { token }) })
    pages.push(page.objects.map(({ key }) => key))
    if (page.next === null) return pages
    token = page.next
  }
}

export const objectStoreCases: readonly ObjectStoreCase[] = [
  {
    name: 'what was put is read whole, with its size and ETag',
    async run(store) {
      const { etag } = await store.put('whole/a', bytes('hello'))
      const found = await store.get('whole/a')
      equal(text(found?.body), 'hello')
      const { body: _, ...summary } = found as ObjectSummary & { body: Uint8Array }
      equal(summary, { key: 'whole/a', size: 5, etag, lastModifiedMillis: summary.lastModifiedMillis })
      ok(summary.lastModifiedMillis % 1000 === 0 && summary.lastModifiedMillis > 1_700_000_000_000)
      equal(await store.head('whole/a'), summary)
    },
  },
  {
    name: 'an object may be empty',
    async run(store) {
      await store.put('empty/a', new Uint8Array(0))
      equal((await store.get('empty/a'))?.body.length, 0)
      equal((await store.head('empty/a'))?.size, 0)
    },
  },
  {
    name: 'what is not there is null, and deleting it is no error',
    async run(store) {
      equal(await store.get('nothing/a'), null)
      equal(await store.head('nothing/a'), null)
      await store.delete('nothing/a')
      equal((await store.list('nothing/')).objects, [])
    },
  },
  {
    name: 'bytes are copied: changing them after a put, or after a get, changes nothing stored',
    async run(store) {
      const body = bytes('original')
      const put = store.put('copied/a', body)
      body.fill(0)
      await put
      const first = await store.get('copied/a')
      equal(text(first?.body), 'original')
      first?.body.fill(0)
      equal(text((await store.get('copied/a'))?.body), 'original')
    },
  },
  {
    name: 'a put replaces the whole object, and equal content has an equal ETag',
    async run(store) {
      const first = await store.put('replaced/a', bytes('a longer first'))
      const second = await store.put('replaced/a', bytes('second'))
      ok(first.etag !== second.etag)
      const found = await store.get('replaced/a')
      equal([text(found?.body), found?.etag], ['second', second.etag])
      equal((await store.put('replaced/b', bytes('second'))).etag, second.etag)
    },
  },
  {
    name: 'what was deleted is gone from reads and lists',
    async run(store) {
      await store.put('deleted/a', bytes('x'))
      await store.put('deleted/b', bytes('x'))
      await store.delete('deleted/a')
      equal(await store.get('deleted/a'), null)
      equal(await everyKey(store, 'deleted/', 10), [['deleted/b']])
    },
  },
  {
    name: 'ifNoneMatch * puts only what does not exist',
    async run(store) {
      const { etag } = await store.put('once/a', bytes('first'), { ifNoneMatch: '*' })
      equal(await codeOf(store.put('once/a', bytes('second'), { ifNoneMatch: '*' })), 'precondition-failed')
      const found = await store.get('once/a')
      equal([text(found?.body), found?.etag], ['first', etag])
      await store.delete('once/a')
      await store.put('once/a', bytes('third'), { ifNoneMatch: '*' })
    },
  },
  {
    name: 'ifMatch puts only over the ETag it names, and not over nothing',
    async run(store) {
      equal(await codeOf(store.put('swap/a', bytes('x'), { ifMatch: '"0"' })), 'precondition-failed')
      const one = await store.put('swap/a', bytes('one'))
      const two = await store.put('swap/a', bytes('two'), { ifMatch: one.etag })
      equal(await codeOf(store.put('swap/a', bytes('three'), { ifMatch: one.etag })), 'precondition-failed')
      equal((await store.head('swap/a'))?.etag, two.etag)
    },
  },
  {
    name: 'of ten conditional puts at once exactly one succeeds',
    async run(store) {
      const { etag } = await store.put('race/a', bytes('start'))
      const codes = await Promise.all(Array.from({ length: 10 }, (_, i) => codeOf(store.put('race/a', bytes(`writer ${i}`), { ifMatch: etag }))))
      const won = codes.indexOf('no error')
      equal(
        codes.filter((code) => code === 'no error'),
        ['no error'],
      )
      ok(codes.every((code) => ['no error', 'precondition-failed', 'conflict'].includes(code)))
      equal(text((await store.get('race/a'))?.body), `writer ${won}`)
    },
  },
  {
    name: 'ifMatch deletes only the ETag it names',
    async run(store) {
      const { etag } = await store.put('drop/a', bytes('x'))
      equal(await codeOf(store.delete('drop/a', { ifMatch: '"0"' })), 'precondition-failed')
      await store.delete('drop/a', { ifMatch: etag })
      equal(await codeOf(store.delete('drop/a', { ifMatch: etag })), 'precondition-failed')
    },
  },
  {
    name: 'a get has conditions too',
    async run(store) {
      const { etag } = await store.put('seen/a', bytes('x'))
      equal(await codeOf(store.get('seen/a', { ifNoneMatch: etag })), 'not-modified')
      equal(await codeOf(store.get('seen/a', { ifMatch: '"0"' })), 'precondition-failed')
      equal(text((await store.get('seen/a', { ifMatch: etag }))?.body), 'x')
      equal(text((await store.get('seen/a', { ifNoneMatch: '"0"' }))?.body), 'x')
      equal(await store.get('seen/b', { ifNoneMatch: etag }), null)
    },
  },
  {
    name: 'ranges: from, from and length, last; cut off at the end; the size stays that of the whole',
    async run(store) {
      await store.put('range/a', bytes('0123456789'))
      const range = async (wanted: { from: number; length?: number } | { last: number }) => {
        const found = await store.get('range/a', { range: wanted })
        equal(found?.size, 10)
        return text(found?.body)
      }
      equal(await range({ from: 3 }), '3456789')
      equal(await range({ from: 3, length: 2 }), '34')
      equal(await range({ from: 8, length: 100 }), '89')
      equal(await range({ last: 3 }), '789')
      equal(await range({ last: 30 }), '0123456789')
      equal(await range({ from: 9, length: 1 }), '9')
    },
  },
  {
    name: 'a range that holds no byte is invalid',
    async run(store) {
      await store.put('norange/a', bytes('0123456789'))
      equal(await codeOf(store.get('norange/a', { range: { from: 10 } })), 'invalid-range')
      equal(await codeOf(store.get('norange/a', { range: { from: 3, length: 0 } })), 'invalid-range')
      equal(await codeOf(store.get('norange/a', { range: { last: 0 } })), 'invalid-range')
      equal(await store.get('norange/b', { range: { from: 10 } }), null)
    },
  },
  {
    name: 'lists are in the order of UTF-8 bytes, by prefix',
    async run(store) {
      const keys = ['b', 'a/b', 'a', 'a b', 'Z', 'a/', 'é', '\u{1f600}', '\uff5e', 'a+b', 'a=', 'a%2f', 'a&<b>"\'', 'ab', 'a\nb'].map((key) => `order/${key}`)
      for (const key of keys) await store.put(key, bytes(key))
      await store.put('order', bytes('x'))
      await store.put('orders/x', bytes('x'))
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      equal((await everyKey(store, 'order/', 1000)).flat(), sorted)
      equal(
        (await everyKey(store, 'order/a', 4)).flat(),
        sorted.filter((key) => key.startsWith('order/a')),
      )
      for (const key of keys) equal(text((await store.get(key))?.body), key)
    },
  },
  {
    name: 'pages hold as many as asked for, and the token goes on behind them',
    async run(store) {
      for (let i = 0; i < 7; i++) await store.put(`page/${i}`, bytes('x'))
      equal(
        (await everyKey(store, 'page/', 3)).map((page) => page.length),
        [3, 3, 1],
      )
      equal((await everyKey(store, 'page/', 7)).length, 1)
      const { objects, next } = await store.list('page/', { after: 'page/4' })
      equal([objects.map(({ key }) => key), next], [['page/5', 'page/6'], null])
    },
  },
  {
    name: 'a page goes on where it ended though its last key is deleted, and sees what was put behind it',
    async run(store) {
      for (const key of ['a', 'c', 'e']) await store.put(`moving/${key}`, bytes('x'))
      const first = await store.list('moving/', { limit: 2 })
      await store.delete('moving/c')
      await store.put('moving/b', bytes('x'))
      await store.put('moving/d', bytes('x'))
      const second = await store.list('moving/', { token: first.next as string })
      equal(
        second.objects.map(({ key }) => key),
        ['moving/d', 'moving/e'],
      )
    },
  },
  {
    name: 'an upload becomes an object of its parts when it is completed, not before',
    async run(store, least) {
      const upload = await store.createUpload('parts/a')
      const two = await store.uploadPart('parts/a', upload, 20, bytes('tail'))
      const one = await store.uploadPart('parts/a', upload, 3, new Uint8Array(least).fill(7))
      equal(await store.get('parts/a'), null)
      const { etag } = await store.completeUpload('parts/a', upload, [one, two])
      const found = await store.get('parts/a')
      equal([found?.size, found?.etag, text(found?.body.subarray(least))], [least + 4, etag, 'tail'])
      ok(found?.body.subarray(0, least).every((byte) => byte === 7))
      equal((await store.listUploads('parts/')).uploads, [])
    },
  },
  {
    name: 'a part sent again replaces what it was, and parts may be left out',
    async run(store) {
      const upload = await store.createUpload('again/a')
      const old = await store.uploadPart('again/a', upload, 1, bytes('old'))
      const fresh = await store.uploadPart('again/a', upload, 1, bytes('new'))
      await store.uploadPart('again/a', upload, 2, bytes('left out'))
      equal(await codeOf(store.completeUpload('again/a', upload, [old])), 'invalid-part')
      await store.completeUpload('again/a', upload, [fresh])
      equal(text((await store.get('again/a'))?.body), 'new')
    },
  },
  {
    name: 'parts that were never uploaded or are too small are refused, and the upload goes on',
    async run(store) {
      const upload = await store.createUpload('small/a')
      const one = await store.uploadPart('small/a', upload, 1, bytes('one'))
      const two = await store.uploadPart('small/a', upload, 2, bytes('two'))
      equal(await codeOf(store.completeUpload('small/a', upload, [one, { part: 3, etag: two.etag }])), 'invalid-part')
      equal(await codeOf(store.completeUpload('small/a', upload, [one, two])), 'part-too-small')
      await store.completeUpload('small/a', upload, [two])
      equal(text((await store.get('small/a'))?.body), 'two')
    },
  },
  {
    name: 'the completion of an upload has conditions like a put',
    async run(store) {
      const upload = await store.createUpload('unless/a')
      const part = await store.uploadPart('unless/a', upload, 1, bytes('uploaded'))
      const { etag } = await store.put('unless/a', bytes('put'))
      equal(await codeOf(store.completeUpload('unless/a', upload, [part], { ifNoneMatch: '*' })), 'precondition-failed')
      equal(text((await store.get('unless/a'))?.body), 'put')
      await store.completeUpload('unless/a', upload, [part], { ifMatch: etag })
      equal(text((await store.get('unless/a'))?.body), 'uploaded')
    },
  },
  {
    name: 'an upload that is aborted, completed or was never begun is no upload',
    async run(store) {
      const upload = await store.createUpload('over/a')
      const part = await store.uploadPart('over/a', upload, 1, bytes('x'))
      equal(await codeOf(store.uploadPart('over/b', upload, 1, bytes('x'))), 'no-such-upload')
      await store.abortUpload('over/a', upload)
      equal(await codeOf(store.uploadPart('over/a', upload, 2, bytes('x'))), 'no-such-upload')
      equal(await codeOf(store.completeUpload('over/a', upload, [part])), 'no-such-upload')
      equal(await codeOf(store.abortUpload('over/a', upload)), 'no-such-upload')
      equal(await store.get('over/a'), null)
    },
  },
  {
    name: 'uploads under way are listed by key and page',
    async run(store) {
      const begun: string[] = []
      for (const key of ['b', 'a', 'c', 'a']) begun.push(await store.createUpload(`under-way/${key}`))
      await store.createUpload('under-other/a')
      const first = await store.listUploads('under-way/', { limit: 3 })
      equal(
        first.uploads.map(({ key }) => key),
        ['under-way/a', 'under-way/a', 'under-way/b'],
      )
      const second = await store.listUploads('under-way/', { token: first.next as string })
      equal([second.uploads.map(({ upload }) => upload), second.next], [[begun[2]], null])
      equal([first.uploads[0]?.upload, first.uploads[1]?.upload].sort(), [begun[1], begun[3]].sort())
      equal(
        (await store.listUploads('under-way/', { after: 'under-way/a' })).uploads.map(({ key }) => key),
        ['under-way/b', 'under-way/c'],
      )
      for (const { key, upload } of [...first.uploads, ...second.uploads]) await store.abortUpload(key, upload)
      equal((await store.listUploads('under-way/')).uploads, [])
    },
  },
  {
    name: 'a caller that gave up before it asked changes nothing',
    async run(store) {
      const signal = AbortSignal.abort()
      equal(await codeOf(store.put('given-up/a', bytes('x'), { signal })), 'aborted')
      equal(await codeOf(store.get('given-up/a', { signal })), 'aborted')
      equal(await codeOf(store.list('given-up/', { signal })), 'aborted')
      equal(await store.get('given-up/a'), null)
    },
  },
  {
    name: 'arguments that no store could take are mistakes, told at once',
    async run(store) {
      const mistakes: (() => Promise<unknown>)[] = [
        () => store.put('', bytes('x')),
        () => store.get('a\0b'),
        () => store.head('\ud800'),
        () => store.put('é'.repeat(513), bytes('x')),
        () => store.put('a', bytes('x'), { ifMatch: 'e', ifNoneMatch: '*' }),
        () => store.get('a', { range: { from: -1 } }),
        () => store.get('a', { range: { from: 0.5 } }),
        () => store.list('a', { limit: 0 }),
        () => store.list('a', { limit: 1001 }),
        () => store.uploadPart('a', 'u', 0, bytes('x')),
        () => store.uploadPart('a', 'u', 10_001, bytes('x')),
        () => store.completeUpload('a', 'u', []),
        () =>
          store.completeUpload('a', 'u', [
            { part: 2, etag: 'e' },
            { part: 1, etag: 'e' },
          ]),
      ]
      for (const mistake of mistakes) {
        let thrown: unknown
        try {
          mistake().catch(() => {})
        } catch (error) {
          thrown = error
        }
        equal((thrown as { code?: string } | undefined)?.code, 'misuse', mistake.toString())
      }
      await store.put('k'.repeat(1024), bytes('longest'))
      equal(text((await store.get('k'.repeat(1024)))?.body), 'longest')
    },
  },
]
