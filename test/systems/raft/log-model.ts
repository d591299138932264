import type { PowerLossDice } from '../../../sim/disk/power-loss.js'
import type { Stream } from '../../../sim/kernel/stream.js'
import type { Entry, HardState, Position, RaftChange } from '../../../systems/raft/messages.js'

/** What a log should say, kept in the plainest way. */
export interface LogModel {
  hardState: HardState
  base: Position
  /** By index. */
  entries: Map<number, Entry>
  last: number
}

export const emptyModel = (): LogModel => ({ hardState: { term: 0, vote: null }, base: { index: 0, term: 0 }, entries: new Map(), last: 0 })

export function after(model: LogModel, change: RaftChange): LogModel {
  const next: LogModel = { ...model, entries: new Map(model.entries) }
  switch (change.kind) {
    case 'hard-state':
      next.hardState = change.hardState
      break
    case 'entries': {
      const first = (change.entries[0] as Entry).index
      for (let index = first; index <= model.last; index++) next.entries.delete(index)
      for (const entry of change.entries) next.entries.set(entry.index, entry)
      next.last = first + change.entries.length - 1
      break
    }
    case 'compacted':
      next.base = change.base
      for (let index = 1; index <= change.base.index; index++) next.entries.delete(index)
      break
    case 'restored':
      next.base = change.base
      next.entries = new Map()
      next.last = change.base.index
  }
  return next
}

export const describeModel = (model: LogModel) => ({
  base: model.base,
  entries: [...model.entries.values()].sort((a, b) => a.index - b.index).map((entry) => ({ ...entry, data: [...entry.data] })),
})

/**
 * A change that a core might save in this state. `mayBeBlank`: a sector may be written as nothing but zeros, of which nobody can tell later whether it
 * was written at all.
 */
export function nextChange(model: LogModel, random: Stream, mayBeBlank = true): RaftChange {
  const die = random.int(20)
  if (die < 4) return { kind: 'hard-state', hardState: { term: model.hardState.term + random.int(2), vote: random.int(4) === 0 ? null : random.int(5) } }
  if (die === 4 && model.last > model.base.index) {
    const index = model.base.index + 1 + random.int(model.last - model.base.index)
    return { kind: 'compacted', base: { index, term: (model.entries.get(index) as Entry).term }, configuration: null }
  }
  if (die === 5 && random.int(3) === 0)
    return { kind: 'restored', base: { index: model.base.index + 1 + random.int(10), term: model.hardState.term }, configuration: null }
  const first = random.int(5) === 0 ? model.base.index + 1 + random.int(model.last - model.base.index + 1) : model.last + 1
  const entries = Array.from({ length: 1 + random.int(4) }, (_, i): Entry => {
    const data = new Uint8Array(random.int(8) === 0 ? random.int(2_000) : random.int(80))
    if (random.int(6) > 0) for (let at = 0; at < data.length; at++) data[at] = random.int(256)
    else if (!mayBeBlank) data.fill(0xff)
    return { index: first + i, term: model.hardState.term, kind: random.int(9) === 0 ? 'noop' : 'normal', data }
  })
  return { kind: 'entries', entries }
}

export function diceOf(random: Stream, garbage: boolean): PowerLossDice {
  return {
    keepsName: () => random.int(2) === 0,
    sizeVersion: (size) => random.int(size.newest + 1),
    pageFate: (page) => {
      if (page.newest === page.oldest || random.int(2) === 0) return { kind: 'version', version: page.oldest + random.int(page.newest - page.oldest + 1) }
      const from = page.oldest + random.int(page.newest - page.oldest)
      const to = from + 1 + random.int(page.newest - from)
      const letters = garbage ? (['ong', 'ng'][random.int(2)] as string) : 'on'
      return { kind: 'torn', from, to, sectors: Array.from({ length: 8 }, () => letters[random.int(letters.length)]).join(''), garbage: random.u32() }
    },
  }
}
