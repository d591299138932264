import { expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { Stream } from '../../../sim/kernel/stream.js'
import { keepAll, loseAll } from './power-loss-dice.js'

test('directories that move keep what is durable in them reachable', () => {
  const random = new Stream({ high: 5, low: 6 })
  for (let round = 0; round < 300; round++) {
    const image = new DiskImage()
    for (const directory of ['a', 'b', 'c']) image.makeDirectory(directory)
    for (const directory of ['', 'a', 'b', 'c']) image.syncDirectory(directory)
    for (const path of ['a/x', 'b/y', 'c/z']) {
      const file = image.openFile(path, { create: true })
      image.write(file, 0, new Uint8Array([path.charCodeAt(2)]))
      image.finishSync(file, image.beginSync(file))
    }
    for (const directory of ['a', 'b', 'c']) image.syncDirectory(directory)
    const rename = (from: string, to: string) => {
      if (image.exists(from) && !image.exists(to) && image.exists(to.slice(0, to.lastIndexOf('/')))) image.rename(from, to)
    }
    image.makeDirectory('n')
    const moves: [string, string][] = [
      ['a', 'n/a'],
      ['b/y', 'n/y'],
      ['n', 'c/n'],
      ['a', 'b/a'],
      ['b', 'c/b'],
      ['b/a', 'c/a'],
      ['c', 'b/a/c'],
      ['b/a', 'd'],
      ['b/y', 'c/y'],
      ['c/b/a', 'e'],
    ]
    for (const [from, to] of random.shuffle(moves)) if (!to.startsWith(`${from}/`)) rename(from, to)
    if (random.int(3) === 0) image.syncDirectory(random.pick(['', ...image.list('')]))
    image.losePower({ ...keepAll, keepsName: () => random.int(2) === 0 })
    const letters: string[] = []
    const collect = (path: string) => {
      for (const name of image.list(path)) {
        const inner = path === '' ? name : `${path}/${name}`
        const inode = image.find(inner, 'stat')
        if (inode?.kind === 'directory') collect(inner)
        else letters.push(String.fromCharCode(image.durable.read(inner)?.[0] ?? 0))
      }
    }
    collect('')
    expect(letters.sort()).toEqual(['x', 'y', 'z'])
  }
})

test('changes of names that nobody syncs become durable when the journal is full, the oldest first', () => {
  const image = new DiskImage()
  for (let i = 0; i < 10_000; i++) image.openFile(`f${i}`, { create: true })
  const durable = image.durable.list('')
  expect(durable).toContain('f0')
  expect(durable).not.toContain('f9999')
  image.losePower(loseAll)
  expect(image.list('')).toEqual(durable)
})

test('a wiped disk is empty, has all its room again, and counts as changed', () => {
  const image = new DiskImage({ capacityBytes: 4096 })
  const fill = () => image.write(image.openFile('f', { create: true }), 0, new Uint8Array(4096))
  expect(fill()).toBe(4096)
  image.syncDirectory('')
  const { changes } = image.durable
  image.wipe()
  expect(image.list('')).toEqual([])
  expect(image.durable.list('')).toEqual([])
  expect(image.durable.changes).toBeGreaterThan(changes)
  expect(fill()).toBe(4096)
})
