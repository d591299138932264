import type { Drawn, FaultDefinition, FaultWorld, Injection, Random } from '../../sim/index.js'
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
