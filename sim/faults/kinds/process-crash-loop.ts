import { ms } from '../../host/durations.js'
import type { Nanos, Random } from '../../host/seam.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import { argsOf, listOf, nanosOrNull } from '../injection-args.js'
import { restarting } from '../sentence.js'

/** One more death of a process that was starting again. */
interface Death {
  /** It starts so long after it died. */
  readonly afterNanos: Nanos
  /** And dies at the end of this step of its new life, or when it is up, if that comes first. */
  readonly steps: number
  /** Or before this effect of one of its first steps, when not 0: the step has done something, and will not do the rest. */
  readonly beforeEffect: number
}

const isDeath = (death: unknown): boolean =>
  [(death as Death | null)?.afterNanos, (death as Death | null)?.steps, (death as Death | null)?.beforeEffect].every(
    (each) => Number.isSafeInteger(each) && (each as number) >= 0,
  )

/** How long a start waits for a step with enough effects to die in. */
const patienceNanos = ms(100)

/** A process dies, and dies again while it recovers, several times: recovery meets what a half-done recovery left. */
export const processCrashLoop: FaultDefinition = {
  kind: 'process.crash-loop',
  meaning: 'a process dies, and again several times while it recovers from that; recovery meets what a half-done one left',
  args: argsOf({ again: listOf('deaths, each { afterNanos, steps, beforeEffect } in integers from 0 on', isDeath), restartAfterNanos: nanosOrNull }),
  options: {
    everyMillis: { min: 5_000, max: 20_000, log: true },
    mostDeaths: { min: 1, max: 6 },
    restartMillis: { min: 20, max: 1_000, log: true },
  },
  takesDown: true,
  draw(world, random): Drawn | null {
    const victim = world.victim(random)
    if (victim === null || victim.life === null || victim.crash !== null) return null
    const restartMillis = world.option('process.crash-loop.restartMillis')
    const again: Death[] = Array.from({ length: 1 + random.int(world.option('process.crash-loop.mostDeaths')) }, () => drawDeath(random, restartMillis))
    return { site: victim.name, args: { again, restartAfterNanos: drawnMillis(random, restartMillis) }, takes: [victim] }
  },
  tell: ({ site, args }) => {
    const again = (args.again as readonly unknown[]).length
    return `${site} crashes, dies ${again} more ${again === 1 ? 'time' : 'times'} while it recovers, ${restarting(args.restartAfterNanos)}`
  },
  apply(world, injection) {
    const victim = world.host(injection.site)
    if (victim === undefined || victim.life === null || victim.crash !== null) return false
    const { again, restartAfterNanos } = injection.args as unknown as { again: readonly Death[]; restartAfterNanos: Nanos | null }
    const label = `process.crash-loop ${victim.name}`
    let isOver = false
    let deaths = 0
    const end = () => {
      if (!isOver) world.budget.release(victim.name)
      isOver = true
    }
    const fall = (isInside: boolean) => {
      world.acted(injection)
      world.count('crashes')
      if (isInside) world.count('crashesInsideSteps')
      if (deaths > 0) world.count('crashesInRecovery')
      // It counts as down until it is up again, whatever becomes of the loop.
      world.holdDown(victim)
      victim.kill(true)
      const next = isOver ? undefined : again[deaths++]
      if (next !== undefined) world.after(next.afterNanos, label, () => startToDie(next))
      else {
        end()
        world.restartAfter(victim, restartAfterNanos)
      }
    }
    const startToDie = ({ steps, beforeEffect }: Death) => {
      // Another fault has started it, or holds it for a crash of its own, or faults have ended.
      if (isOver || victim.life !== null || victim.crash !== null) {
        end()
        return
      }
      let taken = 0
      const isReady = () => ++taken >= steps || victim.status !== 'booting'
      victim.crash = { beforeEffect, until: world.kernel.now + patienceNanos, isReady, fall }
      victim.crashBeforeEffect = beforeEffect
      victim.start(0)
    }
    world.budget.hold(victim.name)
    world.untilHealed(end, null, label)
    fall(false)
    return true
  },
}

function drawDeath(random: Random, restartMillis: number): Death {
  return { afterNanos: drawnMillis(random, restartMillis), steps: 1 + random.int(12), beforeEffect: random.int(3) > 0 ? 2 + random.int(2) : 0 }
}
