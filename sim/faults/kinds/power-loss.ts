import { ms } from '../../host/durations.js'
import type { HostName, Nanos } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import { type Drawn, drawnMillis, type FaultDefinition } from '../definition.js'
import type { FaultWorld } from '../fault-world.js'
import type { Injection } from '../injection.js'
import { argsOf, dieKey, flag, isNanosOrNull, isText, listOf, optional, perMille } from '../injection-args.js'
import { DrawnPowerLoss } from '../power-loss-dice.js'
import { listed, span } from '../sentence.js'
import { weakDisks } from '../weak-disks.js'

/** One machine or all lose power: what was not synced is at the mercy of the disk rules, and peers see silence. */
export const powerLoss: FaultDefinition = {
  kind: 'power.loss',
  meaning: 'one machine or all lose power: the disk keeps what its rules say, peers see silence',
  args: argsOf({
    hosts: listOf('hosts', isText),
    restartAfterNanos: listOf('nanoseconds or null, one for each host', isNanosOrNull),
    whenWriting: optional(flag),
    key: optional(dieKey),
    lostPerMille: optional(perMille),
    tornPerMille: optional(perMille),
    lostNamesPerMille: optional(perMille),
    garbage: optional(listOf('hosts', isText)),
  }),
  options: {
    everyMillis: { min: 4_000, max: 14_000, log: true },
    restartMillis: { min: 100, max: 3_000, log: true },
    blackoutPerMille: { min: 100, max: 700 },
  },
  takesDown: true,
  isSurvivable: ({ down = 0, blackout = false }) => down > 0 || blackout,
  draw(world, random): Drawn | null {
    const isBlackout = world.mayBlackout && random.int(1000) < world.option('power.loss.blackoutPerMille')
    const victim = world.victim(random)
    if (victim === null) return null
    const hosts = isBlackout ? world.systemHosts : [victim]
    if (!hosts.some(hasPower)) return null
    const most = world.option('power.loss.restartMillis')
    const together = drawnMillis(random, most)
    const args = {
      hosts: hosts.map((host) => host.name),
      // Machines of one outage come back at about the same time.
      restartAfterNanos: hosts.map(() => together + random.int(200) * 1_000_000),
      // Mostly at the end of a step in which something was written: between writing and syncing it hurts.
      whenWriting: random.int(4) > 0,
      key: [random.u32(), random.u32()],
      lostPerMille: world.isArmed('disk.lost') ? world.option('disk.lost.perMille') : 0,
      tornPerMille: world.isArmed('disk.torn') ? world.option('disk.torn.perMille') : 0,
      lostNamesPerMille: world.isArmed('disk.lost-rename') ? world.option('disk.lost-rename.perMille') : 0,
      garbage: hostsWithGarbage(world),
    }
    return { site: hosts.length === 1 ? victim.name : '*', args, takes: hosts, isBlackout }
  },
  tell: tellPowerLoss,
  apply(world, injection) {
    const { hosts, whenWriting } = injection.args as unknown as { hosts: string[]; whenWriting?: boolean }
    const machines = hosts.map((name) => world.host(name)).filter((machine) => machine !== undefined)
    if (!machines.some(hasPower)) return false
    const writers = machines.filter((machine) => machine.life !== null && machine.crash === null)
    if (whenWriting !== true || writers.length === 0) {
      fall(world, injection, machines)
      return true
    }
    let hasFallen = false
    const fallOnce = () => {
      for (const writer of writers) if (writer.crash === armed) writer.crash = null
      if (!hasFallen) fall(world, injection, machines)
      hasFallen = true
    }
    const lastChange = () => machines.some((machine) => world.diskOf(machine).lastChangeStep === world.kernel.steps)
    const armed = { beforeEffect: 0, until: world.kernel.now + patienceNanos, isReady: lastChange, fall: fallOnce }
    for (const writer of writers) {
      world.holdDown(writer)
      writer.crash = armed
    }
    return true
  },
}

function hasPower(machine: SimulatedHost): boolean {
  return machine.life !== null || machine.isPowered
}

/**
 * Hosts whose torn sectors may hold garbage. A replica cannot tell it from the decay of what it had acknowledged: it stands aside until others have taught it, and
 * so counts as down. There are as many as may be down, the same ones all through a run, since nobody sees from outside when they have learnt. A system of
 * which no host may be down has no others to ask: there it may be any.
 */
function hostsWithGarbage(world: FaultWorld): HostName[] {
  const { down = 0 } = world.survives
  return down === 0 ? world.systemHosts.map((host) => host.name) : weakDisks(world, down)
}

/** How long a power loss waits for a write. */
const patienceNanos = ms(250)

function fall(world: FaultWorld, injection: Injection, machines: readonly SimulatedHost[]): void {
  const { hosts, restartAfterNanos } = injection.args as unknown as { hosts: string[]; restartAfterNanos: (Nanos | null)[] }
  for (const machine of machines) {
    world.holdDown(machine)
    machine.kill(false)
    machine.isPowered = false
    const dice = new DrawnPowerLoss(world, injection, machine)
    world.diskOf(machine).losePower(dice)
    dice.record()
    world.restartAfter(machine, restartAfterNanos[hosts.indexOf(machine.name)] ?? null)
  }
  world.acted(injection)
  world.count('powerLosses')
  if (machines.length > 1) world.count('blackouts')
}

function tellPowerLoss({ args }: Injection): string {
  const { hosts, restartAfterNanos, whenWriting } = args as { hosts: readonly HostName[]; restartAfterNanos: readonly (Nanos | null)[]; whenWriting?: boolean }
  const isOne = hosts.length === 1
  const back = restartAfterNanos.filter((after) => after !== null)
  const later = back.length === 0 ? '' : `${span(Math.min(...back))}${isOne ? '' : ' or more'} later`
  const then = back.length === 0 ? `${isOne ? 'stays' : 'stay'} down` : `${isOne ? 'starts' : 'start'} again ${later}`
  return `${listed(hosts)} ${isOne ? 'loses' : 'lose'} power${whenWriting === true ? ' right after a write' : ''}, and what was not synced may go; ${isOne ? 'it' : 'they'} ${then}`
}
