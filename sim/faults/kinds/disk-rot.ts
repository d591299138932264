import { sectorBytes } from '../../disk/geometry.js'
import type { Drawn, FaultDefinition } from '../definition.js'
import { decayingVictim, mayDamage } from '../disk-noise.js'
import { argsOf, count, text } from '../injection-args.js'

/** Sectors looked at before a draw gives up: most of a file that is being written may not be harmed. */
const tries = 8

export const diskRot: FaultDefinition = {
  kind: 'disk.rot',
  meaning: 'bits of a durable sector flip; reading again does not help, only writing it again does',
  args: argsOf({ path: text, sector: count(0), key: count(0) }),
  options: { everyMillis: { min: 1_000, max: 10_000, log: true } },
  isSurvivable: mayDamage,
  draw(world, random): Drawn | null {
    const victim = decayingVictim(world, random)
    if (victim === null) return null
    // By the first byte: a file is a copy of something, or it is not.
    const files = world
      .diskOf(victim)
      .durableFiles()
      .filter(({ path }) => world.damage.concerns(victim.name, { path, offset: 0 }))
    const key = random.u32()
    let exceedsBudget = false
    for (let i = 0; i < tries && files.length > 0; i++) {
      const { path, file } = random.pick(files)
      const sector = random.int(Math.ceil(file.durableSize / sectorBytes))
      if (!file.isClean(sector)) continue
      if (world.damage.allows(victim.name, [{ path, offset: sector * sectorBytes }])) return { site: victim.name, args: { path, sector, key }, takes: [] }
      exceedsBudget = true
    }
    return exceedsBudget ? { site: victim.name, args: {}, takes: [], exceedsBudget } : null
  },
  tell: ({ site, args }) => `bits flip in sector ${args.sector} of ${args.path} on ${site}`,
  apply(world, injection) {
    const host = world.host(injection.site)
    const { path, sector, key } = injection.args as { path: string; sector: number; key: number }
    if (host === undefined) return false
    const damage = world.diskOf(host).rot(path, sector, key)
    if (damage === null) return false
    world.damage.damaged(host.name, [damage])
    world.acted(injection)
    return true
  },
}
