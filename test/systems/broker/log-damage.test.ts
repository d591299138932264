import { describe, expect, test } from 'vitest'
import { CorruptLog } from '../../../systems/raft/wal-recovery.js'
import { ImageDisk } from '../raft/image-disk.js'
import { applyTo, expectWhole, opened, partitionOn } from './partition-in-hand.js'

const directory = 'events-0/log/1'

/** Thirty entries in several segments, durable. */
async function flushed(): Promise<ImageDisk> {
  const disk = new ImageDisk()
  const partition = await opened(disk)
  applyTo(partition, 30)
  await partition.flush()
  return disk
}

/** Bytes of a segment, by its place among them, become others. */
function harm(disk: ImageDisk, segment: number, at = 70, bytes = Uint8Array.of(0xff, 0xff)): void {
  disk.image.write(disk.image.openFile(`${directory}/${disk.image.list(directory).at(segment)}`, {}), at, bytes)
}

const firstOffset = (disk: ImageDisk, segment: number) => Number(disk.image.list(directory).at(segment)?.slice(0, 20))

describe('damage to the segments of a log', () => {
  test('in the last one is found when it is opened: the partition begins empty, and the old files stay until others take their place', async () => {
    const disk = await flushed()
    harm(disk, -1)
    const partition = partitionOn(disk)
    expect(await partition.open()).toBeNull()
    await expectWhole(partition, 0)
    expect(disk.image.list('events-0/log')).toEqual(['1', '2', 'checkpoint'])
    expect(await partitionOn(new ImageDisk(disk.image)).open()).toBeNull()
  })

  test('is mended by installing what another replica holds, and its files are gone', async () => {
    const disk = await flushed()
    harm(disk, -1)
    const partition = partitionOn(disk)
    await partition.open()
    const source = await opened(new ImageDisk())
    applyTo(source, 40)
    await partition.install(await source.capture())
    await expectWhole(partition, 40)
    expect(disk.image.list('events-0/log')).not.toContain('1')
    await expectWhole(await opened(new ImageDisk(disk.image)), 40)
  })

  test('is mended by applying all anew where the replicated log still holds all', async () => {
    const disk = await flushed()
    harm(disk, -1)
    const partition = partitionOn(disk)
    await partition.open()
    applyTo(partition, 33)
    await partition.flush()
    expect(disk.image.list('events-0/log')).toEqual(['2', 'checkpoint'])
    await expectWhole(await opened(new ImageDisk(disk.image)), 33)
  })

  test.each([
    {
      what: 'a shorter file',
      harmed: (disk: ImageDisk) => disk.image.truncate(disk.image.openFile(`${directory}/${disk.image.list(directory).at(-1)}`, {}), 50),
    },
    { what: 'a missing file', harmed: (disk: ImageDisk) => disk.image.remove(`${directory}/${disk.image.list(directory).at(-1)}`) },
    {
      what: 'a damaged checkpoint',
      harmed: (disk: ImageDisk) => disk.image.write(disk.image.openFile('events-0/log/checkpoint', {}), 20, Uint8Array.of(0xff)),
    },
  ])('$what is damage', async ({ harmed }) => {
    const disk = await flushed()
    harmed(disk)
    const partition = partitionOn(new ImageDisk(disk.image))
    expect(await partition.open()).toBeNull()
    applyTo(partition, 5)
    await partition.flush()
    await expectWhole(await opened(new ImageDisk(disk.image)), 5)
  })

  test('before the last one is found by whoever reads it, told once it is read wrongly twice, and never served', async () => {
    const disk = await flushed()
    harm(disk, 0)
    const partition = await opened(new ImageDisk(disk.image))
    const told: Error[] = []
    partition.onDamage((error) => told.push(error))
    await expect(partition.log.read(0, 100, 1)).rejects.toThrow('is damaged (crc)')
    expect(told).toHaveLength(1)
    await expect(partition.capture()).rejects.toThrow(CorruptLog)
    await expect(partition.log.offsetForTimestamp(0, partition.log.endOffset)).rejects.toThrow(CorruptLog)
    expect(told).toHaveLength(3)
    expect((await partition.log.read(firstOffset(disk, 1), 100, partition.log.endOffset)).length).toBeGreaterThan(0)
  })

  test('what a device reads wrongly once is read again, and nobody is told', async () => {
    const disk = await flushed()
    const misreading = new MisreadingDisk(disk)
    const partition = partitionOn(misreading)
    misreading.wrong = 1
    await partition.open()
    partition.onDamage((error) => expect.unreachable(error.message))
    await expectWhole(partition, 30)
    for (let i = 0; i < 5; i++) {
      misreading.wrong = 1
      await partition.log.read(0, 100, 1)
      misreading.wrong = 1
      await partition.capture()
    }
    expect(misreading.misread).toBe(11)
  })

  test('a base offset that decayed, which no checksum covers, is not served as another', async () => {
    for (const [bit, value] of [
      [7, 1],
      [7, 4],
      [6, 1],
      [0, 128],
    ] as const) {
      const disk = await flushed()
      const whole = await opened(new ImageDisk(disk.image))
      const first = await whole.log.read(0, 1, whole.log.endOffset)
      const second = first.length
      harm(disk, 0, second + bit, Uint8Array.of(((await baseByte(disk, second + bit)) ^ value) & 0xff))
      const partition = await opened(new ImageDisk(disk.image))
      for (let offset = 0; offset < firstOffset(disk, 1); offset++)
        await expect(partition.log.read(offset, 1_000, partition.log.endOffset)).rejects.toThrow(CorruptLog)
    }
  })

  test('a leader epoch that decayed, which no checksum covers either, is not handed to other replicas', async () => {
    const disk = await flushed()
    harm(disk, 0, 15, Uint8Array.of(9))
    const partition = await opened(new ImageDisk(disk.image))
    await expect(partition.capture()).rejects.toThrow('do not hold the log')
    harm(disk, -1, 15, Uint8Array.of(9))
    expect(await partitionOn(new ImageDisk(disk.image)).open()).toBeNull()
  })
})

async function baseByte(disk: ImageDisk, at: number): Promise<number> {
  const file = await disk.open(`${directory}/${disk.image.list(directory)[0]}`)
  return (await file.readAt(at, 1))[0] as number
}

/** Answers a read with other bytes, so many times. */
class MisreadingDisk extends ImageDisk {
  wrong = 0
  misread = 0

  constructor({ image }: ImageDisk) {
    super(image)
  }

  override async open(...args: Parameters<ImageDisk['open']>): ReturnType<ImageDisk['open']> {
    const file = await super.open(...args)
    const read = file.readAt.bind(file)
    return Object.assign(file, {
      readAt: async (offset: number, length: number) => {
        const bytes = await read(offset, length)
        if (this.wrong === 0 || bytes.length === 0) return bytes
        this.wrong--
        this.misread++
        return bytes.map((byte) => byte ^ 0x55)
      },
    })
  }
}
