import type { Nanos } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import { type Drawn, drawnMillis, type FaultAction } from '../action.js'
import { DrawnPowerLoss } from '../power-loss-dice.js'

/** One machine or all lose power: what was not synced is at the mercy of the disk rules, and peers see silence. */
export const powerLoss: FaultAction = {
  kind: 'power.loss',
  draw(world, random): Drawn | null {
    const isBlackout = world.mayBlackout && random.int(1000) < world.option('power.loss.blackoutPerMille')
    const victim = world.victim(random)
    if (victim === null) return null
    const hosts = isBlackout ? world.systemHosts : [victim]
    const most = world.option('power.loss.restartMillis')
    const together = drawnMillis(random, most)
    const args = {
      hosts: hosts.map((host) => host.name),
      // Machines of one outage come back at about the same time.
      restartAfterNanos: hosts.map(() => together + random.int(200) * 1_000_000),
      key: [random.u32(), random.u32()],
      lostPerMille: world.isArmed('disk.lost') ? world.option('disk.lost.perMille') : 0,
      tornPerMille: world.isArmed('disk.torn') ? world.option('disk.torn.perMille') : 0,
      lostNamesPerMille: world.isArmed('disk.lost-rename') ? world.option('disk.lost-rename.perMille') : 0,
    }
    return { site: hosts.length === 1 ? victim.name : '*', args, takes: hosts, isBlackout }
  },
  apply(world, injection) {
    const { hosts, restartAfterNanos } = injection.args as unknown as { hosts: string[]; restartAfterNanos: (Nanos | null)[] }
    const machines = hosts.map((name) => world.host(name))
    if (!machines.some((machine) => machine !== undefined && (machine.life !== null || machine.isPowered))) return false
    machines.forEach((machine, index) => {
      if (machine === undefined) return
      world.holdDown(machine)
      losePower(machine)
      const dice = new DrawnPowerLoss(world, injection, machine)
      world.diskOf(machine).losePower(dice)
      dice.record()
      world.restartAfter(machine, restartAfterNanos[index] ?? null)
    })
    world.acted(injection)
    world.count('powerLosses')
    if (hosts.length > 1) world.count('blackouts')
    return true
  },
}

function losePower(machine: SimulatedHost): void {
  machine.kill(false)
  machine.isPowered = false
}
