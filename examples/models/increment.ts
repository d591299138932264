import { type Rule, ruleModel, sortedPlaces } from 'seedfall'

/** Threads that add one to a shared number in two steps, reading it and writing one more: with a lock around them, or without. */
export interface Thread {
  /** What it read. */
  readonly read: number
  /** 0: before the lock; 1: is to read; 2: is to write; 3: has written; 4: has let go of the lock. */
  readonly at: number
}

export interface IncrementAction {
  readonly kind: 'locks' | 'reads' | 'writes' | 'releases'
  readonly thread: number
}

type Part = Thread | number | boolean

export function increment(threads: number, hasLock: boolean) {
  const ids = Array.from({ length: threads }, (_, id) => id)
  const threadsOf = (parts: readonly Part[]) => parts.slice(0, threads) as Thread[]
  const [shared, lock] = [threads, threads + 1]

  const rule = (id: number): Rule<Part, IncrementAction> => ({
    parts: [id, shared, lock],
    steps: (...parts) => {
      const [own, number, isLocked] = parts as [Thread, number, boolean]
      const step = (kind: IncrementAction['kind'], thread: Thread, after = number, locked = isLocked) => [
        { action: { kind, thread: id }, parts: [thread, after, locked] },
      ]
      if (own.at === 0 && !isLocked) return step('locks', { ...own, at: 1 }, number, true)
      if (own.at === 1) return step('reads', { read: number, at: 2 })
      if (own.at === 2) return step('writes', { ...own, at: 3 }, own.read + 1)
      if (own.at === 3 && isLocked) return step('releases', { ...own, at: 4 }, number, false)
      return []
    },
  })

  const permute = (parts: readonly Part[], permutation: readonly number[]): readonly Part[] => {
    const renamed = parts.slice()
    for (const id of ids) renamed[permutation[id] as number] = parts[id] as Part
    return renamed
  }

  return ruleModel<Part, IncrementAction>({
    initial: () => [[...ids.map(() => ({ read: 0, at: hasLock ? 0 : 1 })), 0, false]],
    rules: ids.map(rule),
    properties: [
      {
        name: 'fin',
        kind: 'always',
        holds: (parts) => threadsOf(parts).filter(({ at }) => at >= 3).length === parts[shared],
        explain: (parts) => `${threadsOf(parts).filter(({ at }) => at >= 3).length} threads have written, and the number is ${parts[shared]}`,
      },
      ...(hasLock
        ? ([
            { name: 'mutex', kind: 'always', holds: (parts) => threadsOf(parts).filter(({ at }) => at >= 1 && at < 4).length <= 1 },
          ] as const satisfies readonly {
            readonly holds: (parts: readonly Part[]) => boolean
            readonly [more: string]: unknown
          }[])
        : []),
    ],
    symmetry: {
      size: threads,
      permute,
      signature: (parts, id) => `${(parts[id] as Thread).read} ${(parts[id] as Thread).at}`,
      representative: (parts) =>
        permute(
          parts,
          sortedPlaces(threadsOf(parts), (a, b) => a.read - b.read || a.at - b.at),
        ),
    },
    describe: ({ kind, thread }) => `thread ${thread} ${kind}`,
  })
}
