import { type Configuration, mayFollow } from '../../systems/raft/configuration.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * A leader changes the configuration only once the last change is committed and something of its own term is (Ongaro's note on one-step changes of 2015), and each
 * change is one step, or into a joint configuration or out of it: so that any two majorities that may decide at one time meet.
 */
export const changesFollow = (observation: RaftObservation) =>
  observation.invariantOn('ChangesFollow', aspects.log | aspects.progress, () => {
    /** By group: how many configurations. */
    const judged: number[] = []
    return ({ touched }) => {
      for (let i = 0; i < touched.length; i++) {
        const { node, group, now, newFrom, name } = touched[i] as MemberView
        if (node === null) continue
        const { log, configurations } = node.machineState
        if (now.role === 'leader' && newFrom <= now.lastIndex) {
          for (let index = newFrom; index <= now.lastIndex; index++) {
            const entry = log.entries[index - log.base.index - 1]
            if (entry?.kind !== 'configuration' || entry.term !== now.term) continue
            const last = configurations.filter((placed) => placed.index < index).at(-1)
            if (last !== undefined && last.index > now.commit) {
              return `${group.name}: leader ${name} changed the configuration in entry ${index}, and the change in entry ${last.index} is not committed`
            }
            if (node.termAt(now.commit) !== now.term)
              return `${group.name}: leader ${name} changed the configuration before it committed in its term ${now.term}`
          }
        }
        const known = group.configurations
        for (let at = judged[group.index] ?? 1; at < known.length; at++) {
          judged[group.index] = at + 1
          const [before, after] = [known[at - 1], known[at]] as [{ configuration: Configuration }, { index: number; configuration: Configuration }]
          if (!mayFollow(before.configuration, after.configuration)) {
            return `${group.name}: entry ${after.index} made ${JSON.stringify(before.configuration)} into ${JSON.stringify(after.configuration)}, whose majorities need not meet`
          }
        }
      }
      return undefined
    }
  })
