import { powerLoss } from '../sim/faults/kinds/power-loss.js'
import { weakDisks } from '../sim/faults/weak-disks.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../sim/index.js'

/**
 * Power goes just when something was written. A store syncs what it writes at once, so that a power loss at any time finds nothing to lose or to tear; this one
 * comes more often than those of whole machines, and always while a commit is on its way.
 */
export const powerCut: FaultDefinition = {
  ...powerLoss,
  kind: 'kv.power-cut',
  meaning: 'a machine loses power while a commit is on its way to its disk',
  options: { everyMillis: { min: 600, max: 4_000, log: true }, restartMillis: { min: 20, max: 600, log: true } },
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null) return null
    const rate = (kind: string) => (world.isArmed(kind) ? world.option(`${kind}.perMille`) : 0)
    const args = {
      hosts: [victim.name],
      restartAfterNanos: [drawnMillis(random, world.option('kv.power-cut.restartMillis'))],
      whenWriting: true,
      key: [random.u32(), random.u32()],
      lostPerMille: rate('disk.lost'),
      tornPerMille: rate('disk.torn'),
      lostNamesPerMille: rate('disk.lost-rename'),
      garbage: weakDisks(world, world.survives.down ?? 0),
    }
    return { site: victim.name, args, takes: [victim] }
  },
}
