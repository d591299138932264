/**
 * Shapes of partitions, as the directed pairs of hosts that cannot reach each other.
 *
 * isolate: one host alone. split: two groups. one-way: a host is heard but hears nothing, or the reverse. bridge: two halves that share one host
 * which both reach (Jepsen's bridge). ring: each host reaches a majority, no two the same one (Jepsen's majorities-ring).
 */
export type PartitionShape = 'isolate' | 'split' | 'one-way' | 'bridge' | 'ring'
export const partitionShapes: readonly PartitionShape[] = ['isolate', 'split', 'one-way', 'bridge', 'ring']

export type Pair<H> = readonly [from: H, to: H]

/** Both directions between hosts of different groups. */
export function split<H>(groups: readonly (readonly H[])[]): Pair<H>[] {
  const pairs: Pair<H>[] = []
  for (const group of groups) {
    for (const other of groups) {
      if (group === other) continue
      for (const from of group) for (const to of other) pairs.push([from, to])
    }
  }
  return pairs
}

/** From one group to the other only. */
export function oneWay<H>(from: readonly H[], to: readonly H[]): Pair<H>[] {
  return from.flatMap((one) => to.map((other): Pair<H> => [one, other]))
}

/** The first of `hosts` is the bridge; the rest are halved. */
export function bridge<H>(hosts: readonly H[]): Pair<H>[] {
  const rest = hosts.slice(1)
  const half = Math.ceil(rest.length / 2)
  return split([rest.slice(0, half), rest.slice(half)])
}

/** Hosts in a circle: each reaches its nearest neighbours, as many as make a majority with itself. */
export function ring<H>(hosts: readonly H[]): Pair<H>[] {
  const count = hosts.length
  const reach = Math.ceil(Math.floor(count / 2) / 2)
  const pairs: Pair<H>[] = []
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const distance = Math.min((i - j + count) % count, (j - i + count) % count)
      if (distance > reach) pairs.push([hosts[i] as H, hosts[j] as H])
    }
  }
  return pairs
}
