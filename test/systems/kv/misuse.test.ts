import { describe, expect, test } from 'vitest'
import type { BatchOperation } from '../../../systems/kv/batch.js'
import { completeOptions, type GivenOptions } from '../../../systems/kv/options.js'
import { open } from '../../../systems/kv/store.js'
import { bytes, put, StoreInHand, small } from './store-in-hand.js'

describe('Options of a store', () => {
  test.each<[GivenOptions, string]>([
    [{ manifestCopies: 0 } as never, 'the option manifestCopies is 1 or 2, not 0'],
    [{ manifestCopies: 3 } as never, 'the option manifestCopies is 1 or 2, not 3'],
    [{ layout: 'foo' } as never, "the option layout is 'append' or 'reuse', not foo"],
    [{ codec: {} } as never, 'the option codec is null, or has a name and the functions compress and decompress'],
    [{ pageBites: 512 } as never, 'there is no option pageBites: there are directory, pageBytes, filePages'],
    [{ cloud: { atempts: 1 } } as never, 'there is no option cloud.atempts: there are cloud.prefix'],
    [{ cloud: { attempts: 0 } }, 'the option cloud.attempts is an integer from 1 on, not 0'],
    [{ cloud: { cacheBytes: -1 } }, 'the option cloud.cacheBytes is an integer from 0 on, not -1'],
    [{ cloud: { listPage: 2_000 } }, 'the option cloud.listPage is at most 1,000, not 2000'],
    [{ layout: 'reuse', cloud: {} }, "a store with a cloud tier has the layout 'append'"],
  ])('%j are a misuse', (given, says) => {
    expect(() => completeOptions(given)).toThrow(expect.objectContaining({ name: 'Misuse', message: expect.stringContaining(says) }))
  })
})

describe('A mistake of the caller', () => {
  const value = bytes('v')
  const mistakes: readonly [what: string, batch: readonly unknown[], says: string][] = [
    ['a key that is text', [{ kind: 'put', key: 'k', value }], 'a key is a Uint8Array'],
    ['a value that is text', [{ kind: 'put', key: bytes('k'), value: 'v' }], 'a value is a Uint8Array'],
    ['another kind of operation', [{ kind: 'del', key: bytes('k') }], "the kind of an operation is 'put', 'delete' or 'truncate', not del"],
    [
      'a time to live, which only write has',
      [{ kind: 'put', key: bytes('k'), value, ttlMillis: 5 }],
      'a put of a batch has expiresAtMillis; ttlMillis is for write',
    ],
    ['no kind at all', [{ key: bytes('k'), value }], "the kind of an operation is 'put', 'delete' or 'truncate', not undefined"],
  ]
  test.each(mistakes)('in a batch, %s, is told, and nothing is written', async (_what, batch, says) => {
    await using hand = await StoreInHand.start()
    await expect(hand.write([put('a', '1'), ...(batch as BatchOperation[])])).rejects.toThrow(says)
    expect(await hand.all()).toEqual({})
  })

  test('in what is looked for is told, rather than answered with nothing', async () => {
    await using hand = await StoreInHand.start()
    await hand.write([put('k', 'v')])
    const key = 'k' as never
    await expect(hand.on((partition) => partition.read(key))).rejects.toThrow('a key is a Uint8Array')
    await expect(hand.on((partition) => partition.floor(key))).rejects.toThrow('a key is a Uint8Array')
    for (const range of [{ from: key }, { to: key }])
      await expect(hand.on(async (partition) => void (await partition.scan(range).next()))).rejects.toThrow('a key is a Uint8Array')
    await expect(hand.on((partition) => partition.write(bytes('k'), value, { ttlMillis: Number.NaN }))).rejects.toThrow(
      'ttlMillis is an integer of milliseconds from 1 on, not NaN',
    )
  })

  test('an archive where pages are written over is told, and the store goes on', async () => {
    await using hand = await StoreInHand.start({ ...small, layout: 'reuse' })
    await expect(hand.on((partition) => partition.archive())).rejects.toThrow("archives need the layout 'append'")
    await hand.write([put('a', '1')])
    expect(await hand.all()).toEqual({ a: '1' })
  })

  test('a second store in the same directory is told, until the first is closed', async () => {
    await using hand = await StoreInHand.start()
    await hand.ask(async (store, host) => {
      await expect(open(host, small)).rejects.toThrow('a store is open in kv already: close it first, or use that one')
      await (await open(host, { ...small, directory: 'other' })).close()
      await store.close()
      await (await open(host, small)).close()
    })
  })
})
