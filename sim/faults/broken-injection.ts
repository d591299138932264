import { Misuse } from '../host/errors.js'
import { type FaultDefinition, isOccurrence } from './definition.js'
import type { Injection } from './injection.js'
import { argsFault } from './injection-args.js'

/** A listed injection whose arguments its kind cannot use. */
export class BrokenInjection extends Misuse {
  constructor({ kind, site, ordinal, at, args }: Injection, why: string) {
    super(`the injection ${kind} at ${site} #${ordinal} (${at} ns) has arguments of no use, ${JSON.stringify(args)}: ${why}`)
  }
}

/** Throws `BrokenInjection` for arguments that its kind cannot use. */
export function checkArgs(definition: FaultDefinition, injection: Injection): void {
  const schema = isOccurrence(definition, injection) ? definition.occurrenceArgs : definition.args
  const fault = schema === undefined ? null : argsFault(schema, injection)
  if (fault !== null) throw new BrokenInjection(injection, fault)
  checkTimes(injection)
}

/** Of kinds of a scenario's own, too. */
function checkTimes(injection: Injection): void {
  for (const [name, value] of Object.entries(injection.args)) {
    const isTime = (time: unknown) => time === null || (typeof time === 'number' && Number.isFinite(time) && (time >= 0 || name === 'byNanos'))
    if (name.endsWith('Nanos') && ![value].flat().every(isTime))
      throw new BrokenInjection(injection, `${name} is in nanoseconds${name === 'byNanos' ? '' : ' from 0 on'}`)
  }
}
