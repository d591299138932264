import { DiskError, type Host, ms, s, scenario, system, workload } from '../../../sim/index.js'

/**
 * Three hosts that keep the same blocks, each a sector with its own number and generation in it. They write blocks anew, read them, and write again what
 * they find damaged: a system that stands every silent harm of its disk, and counts it.
 */
export interface ArchiveProcess {
  /** Blocks that were not what was written. */
  readonly damaged: Set<number>
  readonly boots: number
  readonly blocksAtBoot: number
}

export const blocks = 24
const blockBytes = 512

function blockOf(number: number): Uint8Array {
  const block = new Uint8Array(blockBytes)
  for (let at = 0; at < blockBytes; at++) block[at] = (number * 31 + at * 7) & 0xff
  return block
}

/** A disk that says no is reason to leave. */
async function orExit<T>(host: Host, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    return host.exit(error.message)
  }
}

async function boot(host: Host): Promise<ArchiveProcess> {
  const { disk } = host
  const { mends } = host.config as { mends: boolean }
  await disk.makeDirectory('blocks')
  const files = await Promise.all(['blocks/left', 'blocks/right'].map((path) => disk.open(path, { create: true })))
  await disk.syncDirectory('')
  await disk.syncDirectory('blocks')
  const blocksAtBoot = files.reduce((sum, file) => sum + Math.floor(file.size() / blockBytes), 0)
  const process: ArchiveProcess = { damaged: new Set(), boots: host.incarnation, blocksAtBoot }
  const place = (number: number) => ({ file: files[number % 2] as (typeof files)[number], offset: Math.floor(number / 2) * blockBytes })
  const write = async (number: number) => {
    const { file, offset } = place(number)
    await file.writeAt(offset, blockOf(number))
    await file.sync()
  }
  for (let number = 0; number < blocks; number++) await write(number)
  const scrub = async () => {
    for (;;) {
      await host.clock.sleep(ms(5))
      const number = host.random.int(blocks)
      if (mends && host.random.int(3) === 0) await write(number)
      const { file, offset } = place(number)
      const found = await file.readAt(offset, blockBytes)
      const sound = blockOf(number)
      if (found.every((byte, at) => byte === sound[at])) continue
      process.damaged.add(number)
      host.log.warn('damaged', { number })
      if (mends) await write(number)
    }
  }
  host.spawn('scrub', () => orExit(host, scrub))
  return process
}

export const archive = scenario({
  name: 'archive',
  system: system<{ archive: ArchiveProcess }>({
    name: 'archive',
    roles: { archive: { count: 3, boot: (host) => orExit(host, () => boot(host)), config: () => ({ mends: true }) } },
    survives: { down: 1, wiped: 1, corruptCopies: 3, syncLies: true },
    replicaUnit: (_host, path, offset) => (path.startsWith('blocks/') ? `${path} ${Math.floor(offset / blockBytes)}` : 'names'),
  }),
  workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'random' },
  duration: s(6),
  healAt: s(5),
})
