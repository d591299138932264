import type { State } from './sequential-model.js'

/** Interchangeable unanswered operations, by invocation: overwrites that leave the same state, or a single operation of another sort. */
export interface UnansweredClass {
  /** What the overwrite leaves; undefined for other operations. */
  readonly leaves: State | undefined
  readonly members: number[]
  /** Positions at which the members were invoked. */
  readonly from: number[]
}

/** Unanswered operations used on the way to a configuration: a chain to the empty one, shared between configurations. */
export interface Used {
  readonly before: Used | null
  readonly unansweredClass: UnansweredClass
  /** How many of this class, this one included. */
  readonly ofClass: number
  readonly size: number
}

/** Whether all that `a` used, `b` used too. Chains share their beginnings, so only what differs is looked at. */
export function isWithin(a: Used | null, b: Used | null): boolean {
  if (a === b || a === null) return true
  if (b === null || a.size > b.size) return false
  let longer: Used | null = b
  const extra: UnansweredClass[] = []
  while (longer !== null && longer.size > a.size) {
    extra.push(longer.unansweredClass)
    longer = longer.before
  }
  let shorter: Used | null = a
  const missing: UnansweredClass[] = []
  while (shorter !== longer) {
    missing.push(shorter!.unansweredClass)
    extra.push(longer!.unansweredClass)
    shorter = shorter!.before
    longer = longer!.before
  }
  if (missing.length === 0) return true
  const spare = new Map<UnansweredClass, number>()
  for (const one of extra) spare.set(one, (spare.get(one) ?? 0) + 1)
  for (const one of missing) {
    const count = spare.get(one) ?? 0
    if (count === 0) return false
    spare.set(one, count - 1)
  }
  return true
}
