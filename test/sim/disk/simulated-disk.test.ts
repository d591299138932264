import { describe, expect, test } from 'vitest'
import { deviceModels } from '../../../sim/disk/device-model.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { Misuse } from '../../../sim/host/errors.js'
import { bytesOf, testDisk, textOf } from './manual-disk-host.js'
import { keepAll, loseAll } from './power-loss-dice.js'

describe('files', () => {
  test('an opened file must exist unless it is to be created', async () => {
    const { disk, finish } = testDisk()
    await expect(finish(disk.open('log'))).rejects.toMatchObject({ code: 'ENOENT', path: 'log' })
    expect((await finish(disk.open('log', { create: true }))).size()).toBe(0)
    await expect(finish(disk.open('log', { create: true, exclusive: true }))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(finish(disk.open('nowhere/log', { create: true }))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(finish(disk.open('log/entry', { create: true }))).rejects.toMatchObject({ code: 'ENOTDIR' })
    expect(await finish(disk.readFile('nowhere'))).toBeNull()
    expect(await finish(disk.stat('nowhere'))).toBeNull()
  })

  test('appends answer the offset they went to, in the order of their issue', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    const offsets = await finish(Promise.all([file.append(bytesOf('one')), file.append(bytesOf('three')), file.append(bytesOf('five'))]))
    expect(offsets).toEqual([0, 3, 8])
    expect(textOf(await finish(disk.readFile('log')))).toBe('onethreefive')
    expect(await finish(disk.stat('log'))).toEqual({ size: 12 })
  })

  test('writes through two handles keep the order of their issue', async () => {
    const { disk, finish } = testDisk()
    const first = await finish(disk.open('log', { create: true }))
    const second = await finish(disk.open('log'))
    for (let round = 0; round < 50; round++) await finish(Promise.all([first.writeAt(0, bytesOf('first')), second.writeAt(0, bytesOf('second'))]))
    expect(textOf(await finish(disk.readFile('log')))).toBe('second')
  })

  test('reads are short only at the end of the file', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(bytesOf('0123456789')))
    expect(textOf(await finish(file.readAt(2, 3)))).toBe('234')
    expect(textOf(await finish(file.readAt(8, 100)))).toBe('89')
    expect(textOf(await finish(file.readAt(10, 1)))).toBe('')
    expect(textOf(await finish(file.readAt(500, 1)))).toBe('')
  })

  test('a write past the end leaves zeros between, and so does a longer size', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.writeAt(3, bytesOf('x')))
    await finish(file.truncate(6))
    expect([...(await finish(file.readAt(0, 10)))]).toEqual([0, 0, 0, 120, 0, 0])
    await finish(file.truncate(2))
    await finish(file.truncate(4))
    expect([...(await finish(file.readAt(0, 10)))]).toEqual([0, 0, 0, 0])
  })

  test('bytes are taken at the call and given as copies', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    const bytes = bytesOf('before')
    const written = file.append(bytes)
    bytes.fill(0)
    await finish(written)
    const read = await finish(file.readAt(0, 6))
    read.fill(0)
    expect(textOf(await finish(file.readAt(0, 6)))).toBe('before')
  })

  test('truncation at opening empties the file', async () => {
    const { disk, finish } = testDisk()
    await finish(disk.append('log', bytesOf('old')))
    expect((await finish(disk.open('log', { truncate: true }))).size()).toBe(0)
  })

  test('a closed file answers EBADF, an operation in flight still ends', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    const written = file.append(bytesOf('last'))
    file.close()
    expect(await finish(written)).toBe(0)
    for (const refused of [file.append(bytesOf('x')), file.writeAt(0, bytesOf('x')), file.readAt(0, 1), file.sync(), file.truncate(0)]) {
      await expect(refused).rejects.toMatchObject({ code: 'EBADF' })
    }
  })

  test('what no disk could be asked throws at once', async () => {
    const { disk, finish } = testDisk()
    for (const path of ['/absolute', 'a//b', '../up', 'a/.', '']) expect(() => disk.open(path, { create: true })).toThrow(Misuse)
    const file = await finish(disk.open('log', { create: true }))
    expect(() => file.readAt(-1, 1)).toThrow(Misuse)
    expect(() => file.writeAt(0.5, bytesOf('x'))).toThrow(Misuse)
    expect(() => file.truncate(Number.NaN)).toThrow(Misuse)
  })
})

describe('names', () => {
  test('a rename replaces the file that had the name', async () => {
    const { disk, finish } = testDisk()
    await finish(disk.append('new', bytesOf('new')))
    await finish(disk.append('old', bytesOf('old')))
    await finish(disk.rename('new', 'old'))
    expect(await finish(disk.list(''))).toEqual(['old'])
    expect(textOf(await finish(disk.readFile('old')))).toBe('new')
    await finish(disk.rename('old', 'old'))
    expect(textOf(await finish(disk.readFile('old')))).toBe('new')
    await expect(finish(disk.rename('nobody', 'old'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a removed file lives on in the handles that have it open', async () => {
    const { disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(bytesOf('kept')))
    await finish(disk.remove('log'))
    expect(await finish(disk.readFile('log'))).toBeNull()
    await finish(file.append(bytesOf('!')))
    expect(textOf(await finish(file.readAt(0, 10)))).toBe('kept!')
    await expect(finish(disk.remove('log'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('lists are sorted by code unit', async () => {
    const { disk, finish } = testDisk()
    await finish(disk.makeDirectory('d'))
    for (const name of ['b', 'a10', 'a2', 'Z']) await finish(disk.append(`d/${name}`, bytesOf('')))
    expect(await finish(disk.list('d'))).toEqual(['Z', 'a10', 'a2', 'b'])
    expect(await finish(disk.list('.'))).toEqual(['d'])
    await expect(finish(disk.list('nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(finish(disk.list('d/b'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  test('directories are made with their parents, moved whole, and removed when empty', async () => {
    const { disk, finish } = testDisk()
    await finish(disk.makeDirectory('a/b/c'))
    await finish(disk.makeDirectory('a/b/c'))
    await finish(disk.append('a/b/c/file', bytesOf('x')))
    await expect(finish(disk.makeDirectory('a/b/c/file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(finish(disk.remove('a/b'))).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    await expect(finish(disk.open('a/b'))).rejects.toMatchObject({ code: 'EISDIR' })
    await finish(disk.makeDirectory('z'))
    await finish(disk.rename('a/b', 'z'))
    expect(await finish(disk.list('z/c'))).toEqual(['file'])
    expect(() => disk.rename('z', 'z/c/d')).toThrow(Misuse)
    await finish(disk.remove('a'))
    expect(await finish(disk.list(''))).toEqual(['z'])
  })

  test('a file and a directory do not replace each other', async () => {
    const { disk, finish } = testDisk()
    await finish(disk.makeDirectory('directory'))
    await finish(disk.append('file', bytesOf('x')))
    await finish(disk.append('directory/inner', bytesOf('x')))
    await finish(disk.makeDirectory('other'))
    await expect(finish(disk.rename('file', 'directory'))).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(finish(disk.rename('directory', 'file'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(finish(disk.rename('other', 'directory'))).rejects.toMatchObject({ code: 'ENOTEMPTY' })
  })
})

describe('durability', () => {
  test('synced bytes under a synced name survive; without either sync they are not sure', async () => {
    for (const [syncFile, syncName, left] of [
      [true, true, 'data'],
      [false, true, ''],
      [true, false, null],
    ] as const) {
      const { image, disk, finish } = testDisk()
      const file = await finish(disk.open('log', { create: true }))
      await finish(file.append(bytesOf('data')))
      if (syncFile) await finish(file.sync())
      if (syncName) await finish(disk.syncDirectory(''))
      expect(textOf(image.durable.read('log'))).toBe(left)
      image.losePower(loseAll)
      const next = testDisk({ image })
      expect(textOf(await next.finish(next.disk.readFile('log')))).toBe(left)
    }
  })

  test('a sync covers what had taken effect when it was issued', async () => {
    const { image, disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    await finish(disk.syncDirectory(''))
    await finish(file.append(bytesOf('before')))
    const sync = file.sync()
    await finish(file.append(bytesOf(' after')))
    await finish(sync)
    expect(textOf(image.durable.read('log'))).toBe('before')
    await finish(file.sync())
    expect(textOf(image.durable.readFrom('log', 6))).toBe(' after')
    expect(image.durable.size('log')).toBe(12)
  })

  test('sync of a path makes a new name durable too', async () => {
    const { image, disk, finish } = testDisk()
    await finish(disk.makeDirectory('d'))
    await finish(disk.syncDirectory(''))
    await finish(disk.append('d/log', bytesOf('x')))
    await finish(disk.sync('d/log'))
    expect(image.durable.list('d')).toEqual(['log'])
    expect(textOf(image.durable.read('d/log'))).toBe('x')
  })

  test('replace leaves the old or the new contents, wherever the power fails', async () => {
    const outcomes = new Set<string | null>()
    for (let steps = 0; steps < 12; steps++) {
      const { image, host, disk, finish } = testDisk()
      await finish(disk.replace('state', bytesOf('old')))
      const replaced = disk.replace('state', bytesOf('new and longer'))
      let isDone = false
      replaced.then(() => {
        isDone = true
      })
      for (let step = 0; step < steps; step++) {
        host.step()
        await new Promise(setImmediate)
      }
      host.isDead = true
      image.losePower(loseAll)
      const next = testDisk({ image })
      const left = textOf(await next.finish(next.disk.readFile('state')))
      if (isDone) expect(left).toBe('new and longer')
      outcomes.add(left)
    }
    expect([...outcomes].sort()).toEqual(['new and longer', 'old'])
  })

  test('the view follows durable names as they change', async () => {
    const { image, disk, finish } = testDisk()
    const { durable } = image
    const read = () => [textOf(durable.read('a')), textOf(durable.read('b'))]
    expect(read()).toEqual([null, null])
    await finish(disk.replace('a', bytesOf('x')))
    expect(read()).toEqual(['x', null])
    await finish(disk.rename('a', 'b'))
    expect(read()).toEqual(['x', null])
    await finish(disk.syncDirectory(''))
    expect(read()).toEqual([null, 'x'])
    await finish(disk.remove('b'))
    image.losePower(keepAll)
    expect(read()).toEqual([null, null])
  })

  test('the view counts changes of what is durable and nothing else', async () => {
    const { image, disk, finish } = testDisk()
    const { durable } = image
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(bytesOf('x')))
    expect(durable.changes).toBe(0)
    await finish(file.sync())
    expect(durable.changes).toBe(1)
    await finish(file.sync())
    expect(durable.changes).toBe(1)
    await finish(disk.syncDirectory(''))
    expect(durable.changes).toBe(2)
  })
})

describe('a life on the disk', () => {
  test('a crash leaves operations in flight undone and the page cache as it was', async () => {
    const { image, host, disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(bytesOf('done')))
    void file.append(bytesOf(' undone'))
    host.isDead = true
    const next = testDisk({ image })
    expect(textOf(await next.finish(next.disk.readFile('log')))).toBe('done')
  })

  test('a dead process changes nothing, and what it asks for never settles', async () => {
    const { image, host, disk, finish } = testDisk()
    const file = await finish(disk.open('log', { create: true }))
    host.isDead = true
    const { effects, hash } = host
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    for (const asked of [file.append(bytesOf('x')), file.sync(), disk.remove('log'), disk.syncDirectory(''), disk.replace('log', bytesOf('x'))])
      void asked.then(settled, settled)
    await new Promise(setImmediate)
    expect(isSettled).toBe(false)
    expect(host.inFlight).toEqual([])
    expect([host.effects, host.hash]).toEqual([effects, hash])
    expect(image.list('')).toEqual(['log'])
  })

  test('equal runs have equal times and hashes; one changed byte changes the hash', async () => {
    const run = async (text: string, salt: number) => {
      const { host, disk, finish } = testDisk({ salt })
      const file = await finish(disk.open('log', { create: true }))
      for (let i = 0; i < 20; i++) {
        await finish(file.append(bytesOf(text)))
        await finish(file.sync())
      }
      return { now: host.now, hash: host.hash }
    }
    const first = await run('a record of some length', 1)
    expect(await run('a record of some length', 1)).toEqual(first)
    const flipped = await run('a record of some lengtH', 1)
    expect(flipped.now).toBe(first.now)
    expect(flipped.hash).not.toBe(first.hash)
    expect((await run('a record of some length', 2)).now).not.toBe(first.now)
  })
})

describe('the device', () => {
  test.each(['nvme', 'sata', 'cloud'] as const)('%s answers within its ranges', async (name) => {
    const model = deviceModels[name]
    const { host, disk, finish } = testDisk({ model })
    const file = await finish(disk.open('log', { create: true }))
    const took = async (operation: () => Promise<unknown>) => {
      const before = host.now
      await finish(operation())
      return host.now - before
    }
    for (let i = 0; i < 200; i++) {
      for (const [range, operation] of [
        [model.write, () => file.append(bytesOf('some bytes'))],
        [model.read, () => file.readAt(0, 10)],
        [model.sync, () => file.sync()],
      ] as const) {
        const nanos = await took(operation)
        expect(nanos).toBeGreaterThanOrEqual(range.min)
        expect(nanos).toBeLessThan(range.max)
      }
    }
  })

  test('no more operations than its queue is deep are in flight; the rest follow in order', async () => {
    const model = { ...deviceModels.sata, queueDepth: 2 }
    const { host, disk, finish } = testDisk({ model })
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(new Uint8Array(100)))
    let most = 0
    const reads = Promise.all(Array.from({ length: 20 }, (_, index) => file.readAt(index, 1)))
    while (host.inFlight.length > 0) {
      most = Math.max(most, host.inFlight.length)
      host.step()
    }
    expect((await reads).length).toBe(20)
    expect(most).toBe(2)
  })
})

describe('a disk of limited size', () => {
  const small = () => testDisk({ image: new DiskImage({ capacityBytes: 3 * 4096 }) })

  test('a write that does not fit leaves its front and answers ENOSPC', async () => {
    const { disk, finish } = small()
    const file = await finish(disk.open('log', { create: true }))
    await finish(file.append(new Uint8Array(10_000).fill(1)))
    await expect(finish(file.append(new Uint8Array(10_000).fill(2)))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(file.size()).toBe(3 * 4096)
    await expect(finish(file.truncate(3 * 4096 + 1))).rejects.toMatchObject({ code: 'ENOSPC' })
  })

  test('room comes back with truncation, removal, replacement and a power loss', async () => {
    const { image, disk, finish } = small()
    const fill = (path: string) => finish(disk.append(path, new Uint8Array(3 * 4096)))
    await fill('a')
    await expect(fill('b')).rejects.toMatchObject({ code: 'ENOSPC' })
    const file = await finish(disk.open('a'))
    await finish(file.truncate(0))
    await fill('b')
    await finish(disk.remove('b'))
    await fill('c')
    await finish(disk.rename('a', 'c'))
    await fill('d')
    image.losePower(loseAll)
    const next = testDisk({ image })
    await next.finish(next.disk.append('e', new Uint8Array(3 * 4096)))
  })
})
