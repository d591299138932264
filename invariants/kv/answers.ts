import type { KvFault, KvJudge } from './observer.js'
import { difference, rangeOf, show, valueIn } from './reference-map.js'

/**
 * Every read answers what a sorted map would in the state that it reads (MapEqual), and so does every scan, from its first entry to its last, whatever is
 * committed, compacted and collected meanwhile (SnapshotStable).
 */
export const answers = (): KvJudge => (seen) => {
  const { event, model } = seen
  if (event.kind !== 'read' && event.kind !== 'scanned') return undefined
  const state = model.stateAt(event.sequence)
  // An archive that may not have been written is held by nobody until somebody finds it.
  if (state === undefined && event.archive !== undefined && !model.archives.has(event.archive)) return undefined
  if (state === undefined) return { check: 'MapEqual', message: `${model.name}: state ${event.sequence} was read, which there never was` }
  if (event.kind === 'read') {
    const expected = valueIn(state, event.key, event.nowMillis)
    const isEqual =
      expected === null
        ? event.value === null
        : event.value !== null && difference([{ key: event.key, value: event.value }], [{ key: event.key, value: expected }]) === undefined
    if (isEqual) return undefined
    return {
      check: 'MapEqual',
      message: `${model.name}, state ${event.sequence}: ${show(event.key)} was read as ${show(event.value)}, and is ${show(expected)}`,
    }
  }
  const range = rangeOf(state, event.from, event.to, event.nowMillis)
  const inOrder = event.direction === 'forward' ? range : [...range].reverse()
  const expected = event.isWhole ? inOrder : inOrder.slice(0, event.entries.length)
  const wrong = differenceOf(event.entries, expected)
  return wrong === undefined ? undefined : { check: 'SnapshotStable', message: `${model.name}, state ${event.sequence}: a scan was answered wrong: ${wrong}` }
}

type Pairs = Parameters<typeof difference>[0]

function differenceOf(found: Pairs, expected: Pairs): KvFault['message'] | undefined {
  if (found.length !== expected.length && found.length > 0 && expected.length > 0) {
    const shared = Math.min(found.length, expected.length)
    return difference(found.slice(0, shared), expected.slice(0, shared)) ?? `${found.length} entries instead of ${expected.length}`
  }
  return difference(found, expected)
}
