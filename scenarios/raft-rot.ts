import type { PageFate, PendingPage, PowerLossDice } from '../sim/disk/power-loss.js'
import { decayingVictim } from '../sim/faults/disk-noise.js'
import { argsOf, count, nanosOrNull } from '../sim/faults/injection-args.js'
import { restarting } from '../sim/faults/sentence.js'
import { type Drawn, type DurableView, drawnMillis, type FaultDefinition } from '../sim/index.js'
import type { RaftNode } from '../systems/raft/raft-node.js'
import { frameHeaderBytes, newFrameHeader, payloadIsWhole, readHeader, sectorBytes } from '../systems/raft/wal-frame.js'
import { segmentName, segmentNumbers } from '../systems/raft/wal-recovery.js'

/** How long it waits for a moment at which what rots has been applied, and flushed, already. */
const patienceNanos = 250_000_000

/**
 * What the newest batch of a write-ahead log holds rots while the machine is off. It is the one place of a log where a member cannot tell decay from a write that
 * never ended, and has to begin in doubt of itself (anywhere before it refuses to begin, and a person replaces the machine). Nothing unsynced is left, so that the
 * batch is the newest; the first batch of a segment is left alone, as without it there may be no log at all.
 */
export const newestBatchRot = (nodeOf: (process: unknown) => RaftNode | undefined): FaultDefinition => ({
  kind: 'raft.newest-batch-rot',
  meaning: 'a machine loses power, mostly right after it has flushed its state, and bits of what it synced last to its write-ahead log flip',
  args: argsOf({ key: count(0), restartAfterNanos: nanosOrNull }),
  options: { everyMillis: { min: 1_000, max: 6_000, log: true }, restartMillis: { min: 50, max: 1_000, log: true } },
  takesDown: true,
  isSurvivable: ({ down = 0, corruptCopies = 0 }) => down > 0 && corruptCopies > 1,
  draw(world, random): Drawn | null {
    const victim = decayingVictim(world, random)
    if (victim === null || victim.life === null || victim.crash !== null) return null
    const args = { key: random.u32(), restartAfterNanos: drawnMillis(random, world.option('raft.newest-batch-rot.restartMillis')) }
    return { site: victim.name, args, takes: [victim] }
  },
  tell: ({ site, args }) => `${site} loses power, and bits of what it synced last to its write-ahead log flip; ${restarting(args.restartAfterNanos)}`,
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || victim.life === null || victim.crash !== null) return false
    const { key, restartAfterNanos } = injection.args as { key: number; restartAfterNanos: number | null }
    const disk = world.diskOf(victim)
    const newest = () => {
      const node = nodeOf(world.view.host(victim.name)?.process)
      return node === undefined ? null : newestBatch(disk.durable, node.walDirectory)
    }
    const isFlushed = () => {
      const node = nodeOf(world.view.host(victim.name)?.process)
      return node !== undefined && node.flushed.index >= node.lastIndex && newest() !== null
    }
    world.holdDown(victim)
    const fall = () => {
      const batch = newest()
      victim.kill(false)
      victim.isPowered = false
      disk.losePower(nothingIsKept)
      if (batch !== null) {
        const damage = disk.rot(batch.path, batch.sectors[key % batch.sectors.length] as number, key)
        if (damage !== null) world.damage.damaged(victim.name, [damage])
        world.acted(injection)
      }
      world.restartAfter(victim, restartAfterNanos)
      world.count('powerLosses')
    }
    victim.crash = { beforeEffect: 0, until: world.kernel.now + patienceNanos, isReady: isFlushed, fall }
    return true
  },
})

const nothingIsKept: PowerLossDice = {
  keepsName: () => false,
  sizeVersion: () => 0,
  pageFate: ({ oldest }: PendingPage): PageFate => ({ kind: 'version', version: oldest }),
}

/** Sectors that hold nothing but the newest batch of the log; null when there are none, or it is the first one of its segment. */
function newestBatch(durable: DurableView, directory: string): { readonly path: string; readonly sectors: readonly number[] } | null {
  const number = segmentNumbers(durable.list(directory)).at(-1)
  if (number === undefined) return null
  const path = `${directory}/${segmentName(number)}`
  const bytes = durable.read(path) ?? new Uint8Array(0)
  const header = newFrameHeader()
  let begins = 0
  for (let at = 0; readHeader(bytes, at, number, at, header) && payloadIsWhole(bytes, at, number, at, header); at += frameHeaderBytes + header.length) {
    begins = header.durable
  }
  const sectors: number[] = []
  for (let sector = Math.ceil(begins / sectorBytes); sector * sectorBytes < bytes.length; sector++) sectors.push(sector)
  return begins === 0 || sectors.length === 0 ? null : { path, sectors }
}
