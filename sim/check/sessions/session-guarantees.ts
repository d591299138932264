import type { Finding } from '../counts/finding.js'
import { addTo } from '../groups.js'
import type { History } from '../history.js'
import type { KvOp, RegisterOp } from '../linearizability/models.js'
import { show } from '../show.js'
import { timeText } from '../time-text.js'
import { type Access, accessesOf, initial, type Version } from './accesses.js'
import { causalFindings } from './causal.js'

/**
 * The guarantees of sessions (Terry et al., "Session Guarantees for Weakly Consistent Replicated Data", 1994), key by key, and causal consistency:
 *
 * - read-your-writes: a client's read shows its own writes, or what came after them
 * - monotonic-reads: what a client reads does not go back
 * - monotonic-writes: a client's writes come in the order in which it made them
 * - writes-follow-reads: what a client writes comes after what it had read
 * - causal: what follows from what is seen in that order by everybody, across keys
 */
export const sessionGuarantees = ['read-your-writes', 'monotonic-reads', 'monotonic-writes', 'writes-follow-reads', 'causal'] as const
export type SessionGuarantee = (typeof sessionGuarantees)[number]

/**
 * Checks guarantees together: each says of a key's versions which come after which; they hold if the versions can be put in one order. Each finding's name is
 * the guarantee that its last step comes from, `garbage-read` for a value that nobody wrote.
 */
export function checkSessions(history: History<RegisterOp | KvOp, unknown>, guarantees: readonly SessionGuarantee[] = sessionGuarantees): Finding[] {
  const { accesses, writers } = accessesOf(history)
  const findings: Finding[] = []
  const byKey = new Map<string, Access[]>()
  for (const access of accesses) {
    if (access.kind === 'read' && access.version !== initial && !writers.get(access.key)?.has(access.version))
      findings.push({ name: 'garbage-read', message: `${did(access)}, which nobody wrote`, record: access.record })
    addTo(byKey, access.key, access)
  }
  for (const all of byKey.values()) findings.push(...versionFindings(all, guarantees))
  if (guarantees.includes('causal')) findings.push(...causalFindings(accesses, writers))
  return findings
}

/** One version is not after another, because of this. */
interface Constraint {
  readonly to: string
  readonly guarantee: SessionGuarantee | 'initial'
  readonly first: Access | undefined
  readonly second: Access
}

function versionFindings(accesses: readonly Access[], guarantees: readonly SessionGuarantee[]): Finding[] {
  const graph = new Map<string, Constraint[]>()
  const add = (from: string, constraint: Constraint): void => {
    if (from === constraint.to) return
    addTo(graph, from, constraint)
  }
  const sessions = new Map<number, Session>()
  let joins = 0
  /** Stands for all that came before it of one sort: a version that is not before it is before none of them. */
  const joined = (before: string, access: Access, guarantee: SessionGuarantee): string => {
    const join = `join ${joins++}`
    if (before !== '') add(before, { to: join, guarantee, first: undefined, second: access })
    add(nameOfVersion(access.version), { to: join, guarantee, first: undefined, second: access })
    return join
  }
  for (const access of accesses) {
    const session: Session = sessions.get(access.client) ?? { reads: '', writes: [] }
    sessions.set(access.client, session)
    const version = nameOfVersion(access.version)
    if (version !== nameOfVersion(initial)) add(nameOfVersion(initial), { to: version, guarantee: 'initial', first: undefined, second: access })
    if (access.kind === 'read') {
      if (guarantees.includes('read-your-writes')) {
        // A version is not before itself: where it is the client's own, its other writes are looked at without it.
        const own = session.writes.findLastIndex((write) => write.access.version === access.version)
        const before = own < 0 ? session.writes.at(-1) : session.writes[own - 1]
        if (before !== undefined) add(before.join, { to: version, guarantee: 'read-your-writes', first: before.access, second: access })
        for (const { access: first } of own < 0 ? [] : session.writes.slice(own + 1))
          add(nameOfVersion(first.version), { to: version, guarantee: 'read-your-writes', first, second: access })
      }
      if (guarantees.includes('monotonic-reads') && session.lastRead !== undefined)
        add(nameOfVersion(session.lastRead.version), { to: version, guarantee: 'monotonic-reads', first: session.lastRead, second: access })
      session.lastRead = access
      session.reads = joined(session.reads, access, 'writes-follow-reads')
    } else {
      if (guarantees.includes('monotonic-writes') && session.lastWrite !== undefined)
        add(nameOfVersion(session.lastWrite.version), { to: version, guarantee: 'monotonic-writes', first: session.lastWrite, second: access })
      if (guarantees.includes('writes-follow-reads') && session.reads !== '')
        add(session.reads, { to: version, guarantee: 'writes-follow-reads', first: session.lastRead, second: access })
      if (!access.isCertain) continue
      session.lastWrite = access
      session.writes.push({ access, join: joined(session.writes.at(-1)?.join ?? '', access, 'read-your-writes') })
    }
  }
  const cycle = smallestCycle(graph)
  if (cycle === undefined) return []
  const told = cycle.filter((one): one is Constraint & { guarantee: SessionGuarantee; first: Access } => one.first !== undefined)
  // What is there last is what a client should not have seen.
  const last = told.reduce((a, b) => (b.second.record.invokedAtStep > a.second.record.invokedAtStep ? b : a))
  const message = told.map(({ first, second }) => `${did(second)}, after it ${did(first, false)}`).join('; and ')
  return [{ name: last.guarantee, message, record: last.second.record }]
}

/** What a client did with one key so far. */
interface Session {
  lastRead?: Access
  lastWrite?: Access
  /** The join of all that it read; empty when nothing. */
  reads: string
  /** Each with the join of it and all before it. */
  readonly writes: { readonly access: Access; readonly join: string }[]
}

const nameOfVersion = (version: Version): string => (version === initial ? 'initial' : `${typeof version} ${String(version)}`)

function did({ client, kind, shown, key, record }: Access, withClient = true): string {
  const where = key === '' ? '' : ` at key ${show(key)}`
  return `${withClient ? `client-${client} ` : ''}${kind === 'read' ? 'read' : 'wrote'} ${show(shown)}${where} at ${timeText(record.invokedAt)}`
}

/** Breadth first from each version that is left when all that nothing leads to are taken away. */
function smallestCycle(graph: ReadonlyMap<string, readonly Constraint[]>): Constraint[] | undefined {
  const left = cyclicPart(graph)
  let best: Constraint[] | undefined
  for (const start of left) {
    const came = new Map<string, { readonly before: string; readonly by: Constraint }>()
    const queue = [start]
    for (let i = 0; i < queue.length; i++) {
      const at = queue[i]!
      for (const by of graph.get(at) ?? []) {
        if (!left.has(by.to) || came.has(by.to)) continue
        came.set(by.to, { before: at, by })
        if (by.to !== start) queue.push(by.to)
      }
      if (came.has(start)) break
    }
    if (!came.has(start)) continue
    const path: Constraint[] = []
    let at = start
    do {
      const { before, by } = came.get(at)!
      path.push(by)
      at = before
    } while (at !== start)
    if (best === undefined || path.length < best.length) best = path.reverse()
  }
  return best
}

function cyclicPart(graph: ReadonlyMap<string, readonly Constraint[]>): ReadonlySet<string> {
  const incoming = new Map<string, number>()
  for (const name of graph.keys()) incoming.set(name, 0)
  for (const all of graph.values()) for (const { to } of all) incoming.set(to, (incoming.get(to) ?? 0) + 1)
  const free = [...incoming].filter(([, count]) => count === 0).map(([name]) => name)
  for (let name = free.pop(); name !== undefined; name = free.pop()) {
    incoming.delete(name)
    for (const { to } of graph.get(name) ?? []) {
      const count = incoming.get(to)! - 1
      incoming.set(to, count)
      if (count === 0) free.push(to)
    }
  }
  return new Set(incoming.keys())
}
