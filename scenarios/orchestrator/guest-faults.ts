import { type Drawn, drawnMillis, type FaultDefinition, type FaultWorld, type Injection, type Random } from '../../sim/index.js'
import { isUnderWay } from '../../systems/orchestrator/hypervisor/guest.js'
import { Machine } from '../../systems/orchestrator/hypervisor/machine.js'

/** A guest's kernel panics: its machine starts it again after a while. */
export const guestCrash = guestFault('vm.guest-crash', 'a guest crashes; its machine starts it again after a while', 'crash', 'crashes')

/** A guest hangs: it is there and does nothing, until its watchdog card resets it. */
export const guestHang = guestFault('vm.guest-hang', 'a guest hangs until its watchdog card resets it', 'hang', 'hangs')

function guestFault(kind: string, meaning: string, harm: 'crash' | 'hang', verb: string): FaultDefinition {
  return {
    kind,
    meaning,
    options: { everyMillis: { min: 1_500, max: 10_000, log: true, why: 'mean time between two' } },
    draw(world, random): Drawn | null {
      const found = anyGuest(world, random)
      return found === null ? null : { site: found.host, args: { vm: found.vm }, takes: [] }
    },
    tell: ({ site, args }: Injection) => `${String(args.vm)} on ${site} ${verb}`,
    apply(world, injection) {
      const { site, args } = injection
      const machine = machineOn(world, site)
      if (machine === undefined || !machine.strike(String(args.vm), harm)) return false
      world.acted(injection)
      world.count(harm === 'crash' ? 'guestCrashes' : 'guestHangs')
      return true
    },
  }
}

function anyGuest(world: FaultWorld, random: Random): { readonly host: string; readonly vm: string } | null {
  const guests: { host: string; vm: string }[] = []
  for (const { name, process } of world.view.all) {
    if (!(process instanceof Machine)) continue
    for (const guest of process.guests.values()) if (guest.doing === 'running' && !guest.isPaused) guests.push({ host: name, vm: guest.vm })
  }
  return guests.length === 0 ? null : random.pick(guests)
}

function machineOn(world: FaultWorld, name: string): Machine | undefined {
  const process = world.view.host(name)?.process
  return process instanceof Machine ? process : undefined
}

/** Both machines of a migration die at once: whoever the guest is, the control plane alone can say. */
export const bothSidesCrash: FaultDefinition = {
  kind: 'vm.both-sides-crash',
  meaning: 'the source and the target of a migration die at once',
  options: { everyMillis: { min: 2_000, max: 12_000, log: true }, restartMillis: { min: 50, max: 6_000, log: true } },
  takesDown: true,
  draw(world, random): Drawn | null {
    const pair = sidesOf(world)
    if (pair === null) return null
    const most = world.option('vm.both-sides-crash.restartMillis')
    return { site: pair.map(({ name }) => name).join('+'), args: { restartAfterNanos: pair.map(() => drawnMillis(random, most)) }, takes: [] }
  },
  apply(world, injection) {
    const pair = injection.site.split('+').map((name) => world.host(name))
    const { restartAfterNanos } = injection.args as { restartAfterNanos: readonly number[] }
    if (pair.some((machine) => machine === undefined || machine.life === null)) return false
    for (const [i, machine] of pair.entries()) {
      if (machine === undefined) continue
      world.holdDown(machine)
      machine.kill(true)
      world.restartAfter(machine, restartAfterNanos[i] ?? null)
    }
    world.acted(injection)
    return true
  },
}

/** Of the first migration that is under way between two machines that are up. */
function sidesOf(world: FaultWorld) {
  for (const { name, process } of world.view.all) {
    if (!(process instanceof Machine)) continue
    for (const { outgoing } of process.guests.values()) {
      if (outgoing === null || !isUnderWay(outgoing)) continue
      const pair = [world.host(name), world.host(outgoing.target)]
      if (pair.every((machine) => machine !== undefined && machine.life !== null)) return pair as NonNullable<(typeof pair)[number]>[]
    }
  }
  return null
}
