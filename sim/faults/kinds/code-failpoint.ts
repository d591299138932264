import type { FaultDefinition } from '../definition.js'
import { argsOf, flag, nanos, nanosOrNull, optional, text } from '../injection-args.js'
import { nth, span } from '../sentence.js'

export const codeFailpoint: FaultDefinition = {
  kind: 'code.failpoint',
  meaning: 'host.failpoint(site) takes long, throws an error that the site names, or never returns until a watchdog kills the process',
  occurrenceArgs: argsOf({ delayNanos: optional(nanos), error: optional(text), hangs: optional(flag), killAfterNanos: optional(nanosOrNull) }),
  needs: 'sites',
  options: {
    armedPerMille: { min: 250, max: 250, why: 'how many sites a run arms' },
    perMille: { min: 2, max: 100, log: true },
    mostMillis: { min: 1, max: 1_000, log: true },
    hangMillis: { min: 100, max: 5_000, log: true },
  },
  tell: ({ site, ordinal, args }) => {
    const [host, place] = site.split(' ')
    const does = 'error' in args ? `fails with ${args.error}` : 'hangs' in args ? 'never returns' : `takes ${span(args.delayNanos)} longer`
    return `${place} on ${host} ${does}, when it is come to for the ${nth(ordinal)} time`
  },
  replayOccurrences: (world, occurrences) => world.code.list(occurrences),
}
