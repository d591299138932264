import type { Finding } from '../counts/finding.js'
import { addTo } from '../groups.js'
import { show } from '../show.js'
import { timeText } from '../time-text.js'
import { type Access, initial, type Version } from './accesses.js'

/**
 * Causal consistency, by the patterns that rule it out where values are unique (Bouajjani, Enea, Guerraoui and Hamza, "On verifying causal consistency", 2017).
 * One operation causes another when it comes before it in its session, when the other reads what it wrote, or through others. Then no read may show
 *
 * - a value that was caused by the read itself,
 * - that a key was never written, when a write of it caused the read,
 * - a value that another overwrote, when that write was caused by the value and caused the read.
 */
export function causalFindings(accesses: readonly Access[], writers: ReadonlyMap<string, ReadonlyMap<Version, Access>>): Finding[] {
  const nodes = nodesOf(accesses, writers)
  const { order, cyclic } = inCausalOrder(nodes)
  if (cyclic !== undefined) return [finding(cyclic.access, 'which was written only because of that read')]
  const findings: Finding[] = []
  for (const node of order) {
    const { access, causes } = node
    for (const before of node.after) {
      for (const [line, place] of before.causes) causes.set(line, Math.max(causes.get(line) ?? -1, place))
    }
    const writes = node.after.length === 0 ? new Map<number, CausalNode>() : lastWrites(node, nodes)
    causes.set(node.line, node.place)
    if (access.kind !== 'read') continue
    const written = access.version === initial ? undefined : nodes.byAccess.get(writers.get(access.key)?.get(access.version) as Access)
    const overwriting = [...writes.values()].find(
      (other) => other !== written && (access.version === initial || (written !== undefined && isCause(written, other))),
    )
    if (overwriting === undefined) continue
    const { client, shown } = overwriting.access
    findings.push(finding(access, `though client-${client} wrote ${show(shown)} over it, and that is a cause of the read`))
  }
  return findings
}

interface CausalNode {
  readonly access: Access
  /** A session; a write in doubt is one of its own. */
  readonly line: number
  readonly place: number
  /** What comes right before. */
  readonly after: CausalNode[]
  /** By line: the last place that is a cause. */
  readonly causes: Map<number, number>
}

interface CausalNodes {
  readonly all: readonly CausalNode[]
  readonly byAccess: ReadonlyMap<Access, CausalNode>
  /** By line and key: places of writes, ascending. */
  readonly writesOf: ReadonlyMap<string, readonly CausalNode[]>
}

function nodesOf(accesses: readonly Access[], writers: ReadonlyMap<string, ReadonlyMap<Version, Access>>): CausalNodes {
  const byAccess = new Map<Access, CausalNode>()
  const lines: CausalNode[][] = []
  const lineOf = new Map<number, number>()
  const writesOf = new Map<string, CausalNode[]>()
  for (const access of accesses) {
    let line = lineOf.get(access.client)
    if (line === undefined) {
      line = lines.push([]) - 1
      lineOf.set(access.client, line)
    }
    const before = lines[line]!.at(-1)
    const own = access.isCertain ? line : lines.push([]) - 1
    const node: CausalNode = { access, line: own, place: lines[own]!.length, after: before === undefined ? [] : [before], causes: new Map() }
    lines[own]!.push(node)
    byAccess.set(access, node)
    if (access.kind === 'write') {
      const name = `${own} ${access.key}`
      addTo(writesOf, name, node)
    }
  }
  for (const node of byAccess.values()) {
    const { kind, key, version } = node.access
    const writer = kind === 'read' && version !== initial ? writers.get(key)?.get(version) : undefined
    if (writer !== undefined) node.after.push(byAccess.get(writer)!)
  }
  return { all: [...byAccess.values()], byAccess, writesOf }
}

/** Each after its causes; or one that takes part in a circle of causes. */
function inCausalOrder({ all }: CausalNodes): { readonly order: readonly CausalNode[]; readonly cyclic: CausalNode | undefined } {
  const waits = new Map<CausalNode, number>(all.map((node) => [node, node.after.length]))
  const next = new Map<CausalNode, CausalNode[]>()
  for (const node of all) for (const before of node.after) addTo(next, before, node)
  const order = all.filter((node) => node.after.length === 0)
  for (let i = 0; i < order.length; i++) {
    for (const node of next.get(order[i]!) ?? []) {
      const left = waits.get(node)! - 1
      waits.set(node, left)
      if (left === 0) order.push(node)
    }
  }
  return { order, cyclic: order.length === all.length ? undefined : onCircle(all, waits) }
}

/** A read that is a cause of itself: back from what still waits until something comes again. */
function onCircle(all: readonly CausalNode[], waits: ReadonlyMap<CausalNode, number>): CausalNode | undefined {
  const met = new Set<CausalNode>()
  let at = all.find((node) => waits.get(node)! > 0)
  while (at !== undefined && !(met.has(at) && at.access.kind === 'read')) {
    met.add(at)
    at = at.after.find((before) => waits.get(before)! > 0)
  }
  return at
}

/** Of each line, the last write of the node's key that is a cause of it. */
function lastWrites({ access, causes }: CausalNode, { writesOf }: CausalNodes): Map<number, CausalNode> {
  const found = new Map<number, CausalNode>()
  for (const [line, place] of causes) {
    const writes = writesOf.get(`${line} ${access.key}`)
    const last = writes?.findLast((write) => write.place <= place)
    if (last !== undefined) found.set(line, last)
  }
  return found
}

const isCause = (cause: CausalNode, of: CausalNode): boolean => (of.causes.get(cause.line) ?? -1) >= cause.place

function finding(access: Access, why: string): Finding {
  const { client, shown, key, record } = access
  const where = key === '' ? '' : ` at key ${show(key)}`
  return { name: 'causal', message: `client-${client} read ${show(shown)}${where} at ${timeText(record.invokedAt)}, ${why}`, record }
}
