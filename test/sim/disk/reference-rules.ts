/**
 * The rules of a power loss once more, written for the eye: plain snapshots, no undo, every state listed by brute force. Knows nothing of the disk image.
 * A sector is one letter: a digit for the write that filled it, `D` for what was durable at first, `.` for zeros, `G` for garbage, `r` for what has rotten.
 */

export type Action =
  | { readonly kind: 'write'; readonly sector: number; readonly count: number }
  | { readonly kind: 'truncate'; readonly sectors: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'sync-directory' }
  /** A sync that fails: its pages count as clean. */
  | { readonly kind: 'sync-error' }
  /** A sync that lies, of the file or of the directory. */
  | { readonly kind: 'lie' }
  | { readonly kind: 'lie-directory' }
  /** A sync that writes to `other` what it had to write to `sector`; a true one when it has nothing to write there. */
  | { readonly kind: 'misdirect'; readonly sector: number; readonly other: number }
  | { readonly kind: 'rot'; readonly sector: number }
  | { readonly kind: 'wipe' }
  /** Whatever leaves no trace on the device: a write that failed, a read that was wrong. */
  | { readonly kind: 'nothing' }

interface Snapshot {
  readonly time: number
  readonly letters: string
  /** Sectors that the change leading here wrote. */
  readonly touched: readonly number[]
  readonly cut: boolean
}
interface Change {
  readonly names: readonly string[]
  readonly apply: (names: Map<string, string>) => void
}

const pages = [0, 1]
const blank = '........'

/** All states a power loss may leave after the actions, each as `name=letters` joined by spaces. Writes go to the file first named `a`. */
export function possibleStates(actions: readonly Action[]): Set<string> {
  let size = 8
  let sizes: { time: number; size: number }[] = [{ time: 0, size }]
  let history: Snapshot[][] = [[{ time: 0, letters: 'DDDDDDDD', touched: [], cut: false }], [{ time: 0, letters: blank, touched: [], cut: false }]]
  /** By page, when a failed sync dropped it. */
  const dropped = [0, 0]
  const names = new Map([['a', 'first']])
  let durableNames = new Map(names)
  let changes: Change[] = []
  actions.forEach((action, index) => {
    const time = index + 1
    if (action.kind === 'write' || action.kind === 'truncate') {
      const cut = action.kind === 'truncate'
      const [start, end] = cut ? [action.sectors, size] : [action.sector, action.sector + action.count]
      for (const page of pages) {
        const touched = range(start, end).filter((sector) => Math.floor(sector / 8) === page)
        const versions = history[page] as Snapshot[]
        const letters = [...(versions[versions.length - 1] as Snapshot).letters]
        for (const sector of touched) letters[sector % 8] = cut ? '.' : String(time)
        if (touched.length > 0) versions.push({ time, letters: letters.join(''), touched: touched.map((sector) => sector % 8), cut })
      }
      const resized = cut ? action.sectors : Math.max(size, end)
      if (resized !== size) sizes.push({ time, size: resized })
      size = resized
    } else if (action.kind === 'sync' || action.kind === 'misdirect') {
      const left = action.kind === 'misdirect' ? lostWrite(action.sector, size, sizes, history, dropped) : null
      sizes = sizes.slice(-1)
      history = history.map((versions, page) => {
        if (!versions.slice(1).some((each) => each.time > (dropped[page] as number))) return versions
        dropped[page] = 0
        return versions.slice(-1)
      })
      if (action.kind === 'misdirect' && left !== null) misdirect(action, left, size, history)
    } else if (action.kind === 'sync-error') {
      history.forEach((versions, page) => {
        if (versions.length > 1) dropped[page] = time
      })
    } else if (action.kind === 'rot') {
      const versions = history[Math.floor(action.sector / 8)] as Snapshot[]
      if (versions.length === 1 && action.sector < (sizes[0] as { size: number }).size) history = withLetter(history, action.sector, 'r')
    } else if (action.kind === 'wipe') {
      names.clear()
      durableNames = new Map()
      changes = []
    } else if (action.kind === 'lie' || action.kind === 'lie-directory' || action.kind === 'nothing') {
      return
    } else if (action.kind === 'sync-directory') {
      durableNames = new Map(names)
      changes = []
    } else {
      const change = changeOf(action, names, time)
      if (change === null) return
      change.apply(names)
      changes.push(change)
    }
  })
  const contents = new Set<string>()
  for (const kept of sizes) {
    const [first, second] = pages.map((page) => pageStates(history[page] as Snapshot[], kept.time))
    for (const left of first as Set<string>) for (const right of second as Set<string>) contents.add((left + right).slice(0, kept.size))
  }
  const states = new Set<string>()
  for (const outcome of nameStates(durableNames, changes)) {
    for (const content of outcome.includes('=first') ? contents : ['']) states.add(outcome.replace('=first', `=${content}`))
  }
  return states
}

/** What the device holds of a sector that a sync is to write; null: the sync does not write it. */
function lostWrite(
  sector: number,
  size: number,
  sizes: readonly { time: number; size: number }[],
  history: readonly Snapshot[][],
  dropped: readonly number[],
): string | null {
  const page = Math.floor(sector / 8)
  const versions = history[page] as Snapshot[]
  const isWritten = versions.slice(1).some((each) => !each.cut && each.time > (dropped[page] as number) && each.touched.includes(sector % 8))
  if (!isWritten || sector >= size) return null
  const durable = sizes[0] as { time: number; size: number }
  const oldest = allowedVersions(versions, durable.time)[0] as Snapshot
  return sector < durable.size ? (oldest.letters[sector % 8] as string) : '.'
}

/** The sector keeps what it held, the other one gets what was meant for it; nothing where writes are pending. */
function misdirect({ sector, other }: Action & { kind: 'misdirect' }, left: string, size: number, history: Snapshot[][]): void {
  const isClean = (at: number) => (history[Math.floor(at / 8)] as Snapshot[]).length === 1
  if (sector === other || !isClean(sector) || !isClean(other)) return
  const written = ((history[Math.floor(sector / 8)] as Snapshot[])[0] as Snapshot).letters[sector % 8] as string
  for (const [at, letter] of [
    [sector, left],
    [other, written],
  ] as const) {
    if (at < size) history.splice(0, 2, ...withLetter(history, at, letter))
  }
}

function withLetter(history: readonly Snapshot[][], sector: number, letter: string): Snapshot[][] {
  return history.map((versions, page) => {
    if (page !== Math.floor(sector / 8)) return versions
    return versions.map((each) => ({ ...each, letters: [...each.letters].map((old, at) => (at === sector % 8 ? letter : old)).join('') }))
  })
}

/** Null: nothing to act on. */
function changeOf(action: Action & { kind: 'rename' | 'create' | 'remove' }, names: Map<string, string>, time: number): Change | null {
  switch (action.kind) {
    case 'rename': {
      const file = names.get(action.from)
      if (file === undefined) return null
      const apply = (on: Map<string, string>) => {
        on.delete(action.from)
        on.set(action.to, file)
      }
      return { names: [action.from, action.to], apply }
    }
    case 'create':
      return names.has(action.name) ? null : { names: [action.name], apply: (on) => void on.set(action.name, `new${time}`) }
    case 'remove':
      return names.has(action.name) ? { names: [action.name], apply: (on) => void on.delete(action.name) } : null
  }
}

function nameStates(durable: Map<string, string>, changes: readonly Change[]): Set<string> {
  const states = new Set<string>()
  for (let subset = 0; subset < 1 << changes.length; subset++) {
    const kept = (index: number) => (subset & (1 << index)) !== 0
    const consistent = changes.every(
      (change, index) => !kept(index) || changes.slice(0, index).every((earlier, at) => kept(at) || !earlier.names.some((name) => change.names.includes(name))),
    )
    if (!consistent) continue
    const names = new Map(durable)
    changes.forEach((change, index) => {
      if (kept(index)) change.apply(names)
    })
    states.add(
      [...names]
        .sort()
        .map(([name, file]) => `${name}=${file === 'first' ? 'first' : ''}`)
        .join(' '),
    )
  }
  return states
}

/** `versions[0]` is durable; `keptTime` is when the surviving size came to be. */
function pageStates(versions: readonly Snapshot[], keptTime: number): Set<string> {
  const allowed = allowedVersions(versions, keptTime)
  const states = new Set<string>()
  allowed.forEach((from, at) => {
    states.add(from.letters)
    allowed.slice(at + 1).forEach((to, distance) => {
      const touched = new Set(allowed.slice(at + 1, at + 2 + distance).flatMap((each) => each.touched))
      for (const state of product(range(0, 8).map((sector) => [from.letters[sector], ...(touched.has(sector) ? [to.letters[sector], 'G'] : [])].join(''))))
        states.add(state)
    })
  })
  return states
}

/** A cut survives with its size: where it does, what was before it does not; where it does not, what came after it does not. */
function allowedVersions(versions: readonly Snapshot[], keptTime: number): Snapshot[] {
  return versions.filter((_, at) => {
    const undoneCutBefore = versions.slice(0, at + 1).some((each) => each.cut && each.time > keptTime)
    const keptCutAfter = versions.slice(at + 1).some((each) => each.cut && each.time <= keptTime)
    return !undoneCutBefore && !keptCutAfter
  })
}

/** Every word that takes its i-th letter from the i-th string. */
function product(choices: readonly string[]): string[] {
  return choices.reduce((words, letters) => words.flatMap((word) => [...letters].map((letter) => word + letter)), [''])
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}
