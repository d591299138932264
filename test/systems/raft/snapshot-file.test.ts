import { expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { durableSnapshot, type MemoryState, SnapshotFile } from '../../../systems/raft/snapshot-file.js'
import { keepAll, loseAll } from '../../sim/disk/power-loss-dice.js'
import { ImageDisk } from './image-disk.js'

class Text implements MemoryState<number> {
  text = ''
  apply(_index: number, _term: number, data: Uint8Array): number {
    this.text += new TextDecoder().decode(data)
    return this.text.length
  }
  encode(): Uint8Array {
    return new TextEncoder().encode(this.text)
  }
  decode(bytes: Uint8Array): void {
    this.text = new TextDecoder().decode(bytes)
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function opened(image: DiskImage): Promise<{ state: Text; file: SnapshotFile<number>; disk: ImageDisk; index: number }> {
  const disk = new ImageDisk(image)
  const state = new Text()
  const file = new SnapshotFile(disk, 'group/state', state)
  const position = await file.open()
  return { state, file, disk, index: position?.index ?? -1 }
}

test('a state that was flushed is found again, one that was not is not', async () => {
  const image = new DiskImage()
  const { file } = await opened(image)
  expect(file.apply(1, 1, bytes('one '))).toBe(4)
  file.apply(2, 1, bytes('two '))
  expect(await file.flush()).toEqual({ index: 2, term: 1 })
  file.apply(3, 2, bytes('three'))
  image.losePower(loseAll)
  const next = await opened(image)
  expect([next.index, next.state.text]).toEqual([2, 'one two '])
})

test.each([
  ['loses all that was not synced', loseAll],
  ['keeps all', keepAll],
] as const)('a power loss that %s at any moment of an installation leaves the old or the new state', async (_, dice) => {
  const found = new Set<string>()
  for (let operations = 0; operations < 12; operations++) {
    const image = new DiskImage()
    const first = await opened(image)
    first.file.apply(1, 1, bytes('old'))
    await first.file.flush()
    first.disk.diesAt = first.disk.operations + operations
    let isInstalled = false
    void first.file.install({ index: 9, term: 3, bytes: bytes('new') }).then(() => {
      isInstalled = true
    })
    for (let i = 0; i < 60; i++) await null
    image.losePower(dice)
    const { index, state } = await opened(image)
    expect(['1 old', '9 new']).toContain(`${index} ${state.text}`)
    if (isInstalled) expect(index).toBe(9)
    found.add(state.text)
  }
  expect(found).toEqual(new Set(['old', 'new']))
})

test('a snapshot found after a crash between its renaming and the sync of its name does not vanish later', async () => {
  const image = new DiskImage()
  const { file, disk } = await opened(image)
  file.apply(5, 1, bytes('five'))
  disk.diesAt = disk.operations + 4
  void file.flush()
  for (let i = 0; i < 60; i++) await null
  const { index } = await opened(image)
  expect(index).toBe(5)
  image.losePower(loseAll)
  expect((await opened(image)).index).toBe(5)
})

test('a damaged snapshot is told as lost, shows as damaged from outside, and is replaced by the next one', async () => {
  const image = new DiskImage()
  const { file, disk } = await opened(image)
  file.apply(1, 1, bytes('state'))
  await file.flush()
  expect(durableSnapshot(image.durable, 'group/state')).toEqual({ index: 1, term: 1 })
  const damaged = await disk.open('group/state/snapshot')
  await damaged.writeAt(22, new Uint8Array([0]))
  await damaged.sync()
  expect(durableSnapshot(image.durable, 'group/state')).toBeNull()
  const next = await opened(image)
  expect([next.index, next.state.text]).toEqual([-1, ''])
  await next.file.install({ index: 4, term: 2, bytes: bytes('anew') })
  expect((await opened(image)).state.text).toBe('anew')
})
