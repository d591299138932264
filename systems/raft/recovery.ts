import { Misuse } from '../../sim/host/errors.js'
import { type Configuration, decodeConfiguration } from './configuration.js'
import { restartLog } from './log.js'
import { written } from './membership.js'
import { type Durable, type MemberId, type Position, samePosition } from './messages.js'
import { quorumOf } from './quorum.js'
import { idleReads, noReadLease, type PlacedConfiguration, type RaftState, type StepContext, save } from './state.js'

/** The state that a member begins with, of what its disk kept; null: nothing, since the group is new. */
export function recovered(id: MemberId, peers: readonly MemberId[], first: Configuration, durable: Durable | null): RaftState {
  const base = durable?.base ?? { index: 0, term: 0 }
  const entries = durable?.entries.slice() ?? []
  const lacks = durable === null ? 0 : lackedBy(durable)
  const applied = lacks > 0 ? base.index : (durable?.applied?.index ?? base.index)
  const configurations = configurationsOf(first, durable)
  // A change is proposed once the one before is committed: so all but the last are.
  const commit = Math.max(applied, configurations[configurations.length - 2]?.index ?? 0)
  let inForce = 0
  while ((configurations[inForce + 1]?.index ?? Number.POSITIVE_INFINITY) <= commit) inForce++
  const { configuration } = configurations[inForce] as PlacedConfiguration
  return {
    id,
    peers,
    incarnation: durable?.incarnation ?? 1,
    configuration,
    quorum: quorumOf(configuration),
    configurations,
    nextChange: configurations[inForce + 1]?.index ?? 0,
    role: 'follower',
    term: durable?.hardState.term ?? 0,
    vote: durable?.hardState.vote ?? null,
    leader: null,
    leased: false,
    isResting: false,
    idleHeartbeats: 0,
    log: { base, entries, durable: base.index + entries.length, pending: [] },
    commit,
    verified: commit,
    applied,
    applying: false,
    lacks,
    nextToken: 1,
    savedToken: 0,
    hardStateToken: 0,
    suspect: durable?.suspect ?? false,
    wiped: durable?.wiped ?? false,
    trustedToken: 0,
    founding: null,
    foundingRound: 0,
    votes: [],
    progress: [],
    firstOwnIndex: 0,
    changeAfter: 0,
    uncommittedBytes: 0,
    transfer: null,
    readLease: noReadLease(),
    reads: idleReads(),
    forwarded: [],
    handedOn: [],
    handedOnBytes: 0,
    incoming: null,
    installing: null,
    incomingConfiguration: null,
    expectedToken: 0,
  }
}

/** What the disk says of configurations: that at the log's base, then those in the log. */
function configurationsOf(first: Configuration, durable: Durable | null): PlacedConfiguration[] {
  const base: PlacedConfiguration =
    durable === null || durable.configuration === null
      ? { index: 0, configuration: first }
      : { index: durable.base.index, configuration: durable.configuration }
  const inLog = durable?.entries.filter(({ kind }) => kind === 'configuration') ?? []
  return [base, ...inLog.map(({ index, data }) => ({ index, configuration: decodeConfiguration(data) }))]
}

/**
 * Up to where a snapshot has to reach before anything can be applied again; 0: nothing has to. A state machine that is lost lacks what the log no longer holds: a
 * log that still begins at its beginning brings all back. One that is ahead of its log, and not by a snapshot whose configuration is known, is so because the end
 * of the log was damaged after it had been applied. Nobody here can tell who decides at that place, so the log cannot begin anew there: it stays what it is, short
 * as that of a follower that was away, and goes on from what a leader teaches it.
 */
function lackedBy(durable: Durable): number {
  const { applied, base } = durable
  if (applied === null) return base.index
  return isHeld(applied, durable) || configurationAhead(durable) !== undefined ? 0 : applied.index
}

function isHeld({ index, term }: Position, { base, entries }: Durable): boolean {
  return (index === base.index ? base.term : entries[index - base.index - 1]?.term) === term
}

/** Who decides where the state machine is, which is ahead of the log; null: those that did when the group began; undefined: nobody here can tell. */
function configurationAhead({ applied, expected, configuration, suspect }: Durable): Configuration | null | undefined {
  if (applied !== null && expected !== null && samePosition(expected.snapshot, applied)) return expected.configuration
  // A snapshot of another configuration than the first would be expected. But the end of a damaged log may have said so, or may have been what was applied.
  return suspect || expected !== null || configuration !== null ? undefined : null
}

/** A state machine that was replaced by a snapshot just before the crash is ahead of the log: the log starts anew from it. */
export function reconcile(context: StepContext, durable: Durable): void {
  const { applied, base } = durable
  if (applied === null) return
  const { state } = context
  if (applied.index < base.index) throw new Misuse(`the state machine holds ${applied.index} entries of a log that begins after ${base.index}`)
  if (state.lacks > 0 || isHeld(applied, durable)) return
  const configuration = configurationAhead(durable) ?? null
  const placed = configuration === null ? (state.configurations[0] as PlacedConfiguration) : { index: applied.index, configuration }
  state.configurations = [placed]
  state.configuration = placed.configuration
  state.quorum = quorumOf(placed.configuration)
  state.nextChange = 0
  restartLog(state.log, applied, save(context, { kind: 'restored', base: applied, configuration: written(placed) }))
}
