import type { Random } from '../../../sim/host/seam.js'
import type { GuestIdentity } from './records.js'

/** A new identity for a guest. Drawn before it is proposed, since what is applied must be the same everywhere. */
export function identityFrom(random: Random): GuestIdentity {
  return { machineId: hex(random, 32), randomSeed: random.u32(), generationId: hex(random, 32) }
}

function hex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits) text += random.u32().toString(16).padStart(8, '0')
  return text.slice(0, digits)
}
