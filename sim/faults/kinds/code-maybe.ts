import type { FaultDefinition } from '../definition.js'
import { argsOf } from '../injection-args.js'
import { nth } from '../sentence.js'

export const codeMaybe: FaultDefinition = {
  kind: 'code.maybe',
  meaning: 'host.maybe(site) is true: the process takes a rare but correct path',
  occurrenceArgs: argsOf({}),
  needs: 'sites',
  options: {
    armedPerMille: { min: 250, max: 250, why: 'how many sites a run arms' },
    perMille: { min: 10, max: 500, log: true },
  },
  tell: ({ site, ordinal }) => {
    const [host, place] = site.split(' ')
    return `${host} takes the rare path at ${place}, when it comes there for the ${nth(ordinal)} time`
  },
  replayOccurrences: (world, occurrences) => world.code.list(occurrences),
}
