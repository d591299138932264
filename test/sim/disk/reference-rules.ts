/**
 * The rules of a power loss once more, written for the eye: plain snapshots, no undo, every state listed by brute force. Knows nothing of the disk image.
 * A sector is one letter: a digit for the write that filled it, `D` for what was durable at first, `.` for zeros, `G` for garbage.
 */

export type Action =
  | { readonly kind: 'write'; readonly sector: number; readonly count: number }
  | { readonly kind: 'truncate'; readonly sectors: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'sync-directory' }

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
    } else if (action.kind === 'sync') {
      sizes = sizes.slice(-1)
      history = history.map((versions) => versions.slice(-1))
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
  const allowed = versions.filter((_, at) => {
    const undoneCutBefore = versions.slice(0, at + 1).some((each) => each.cut && each.time > keptTime)
    const keptCutAfter = versions.slice(at + 1).some((each) => each.cut && each.time <= keptTime)
    return !undoneCutBefore && !keptCutAfter
  })
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

/** Every word that takes its i-th letter from the i-th string. */
function product(choices: readonly string[]): string[] {
  return choices.reduce((words, letters) => words.flatMap((word) => [...letters].map((letter) => word + letter)), [''])
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}
