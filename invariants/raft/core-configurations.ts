import { type Configuration, decodeConfiguration } from '../../systems/raft/configuration.js'
import type { Durable } from '../../systems/raft/messages.js'
import { quorumOf, quorumVote } from '../../systems/raft/quorum.js'
import type { RaftState } from '../../systems/raft/state.js'

/** Who decides at which place of a core's log, read from the log and the disk; the core's own reckoning (`membership.ts`) is what is judged by it. */
interface CoreNode {
  readonly state: RaftState
  readonly durable: Durable | null
}

export interface PlacedConfiguration {
  readonly index: number
  readonly configuration: Configuration
}

/** Read from the log and, for what is before it, from the disk. */
export function configurationsOf(first: Configuration, { state, durable }: CoreNode): PlacedConfiguration[] {
  const base = durable?.base.index === state.log.base.index ? durable.configuration : (state.configurations[0]?.configuration ?? null)
  const placed: PlacedConfiguration[] = [{ index: state.log.base.index, configuration: base ?? first }]
  for (const { kind, index, data } of state.log.entries) if (kind === 'configuration') placed.push({ index, configuration: decodeConfiguration(data) })
  return placed
}

export function isQuorum(configuration: Configuration, has: (member: number) => boolean): boolean {
  const quorum = quorumOf(configuration)
  return quorumVote(quorum, quorum.members.map(has)) === true
}

/** What was in force when `commit` was committed, and all that came into force before the entry at `index`. */
export function inForceBetween(first: Configuration, node: CoreNode, commit: number, index: number): Configuration[] {
  const placed = configurationsOf(first, node)
  return placed
    .filter((_, at) => at === 0 || (placed[at] as PlacedConfiguration).index < index)
    .filter((_, at, all) => (all[at + 1]?.index ?? index) > commit)
    .map(({ configuration }) => configuration)
}

/** The newest that is committed: as far as the commit index says, and all that another change follows. */
export function configurationInForce(first: Configuration, node: CoreNode): Configuration {
  const placed = configurationsOf(first, node)
  let at = Math.max(0, placed.length - 2)
  while ((placed[at + 1]?.index ?? Number.POSITIVE_INFINITY) <= node.state.commit) at++
  return (placed[at] as PlacedConfiguration).configuration
}
