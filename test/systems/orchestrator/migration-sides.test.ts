import { describe, expect, test } from 'vitest'
import { decideHandOver } from '../../../systems/orchestrator/migration/hand-over.js'
import { type SourceEvent, type SourcePhase, sourceStep, type TargetPhase, targetStep } from '../../../systems/orchestrator/migration/sides.js'

interface Whole {
  readonly source: SourcePhase | 'dead'
  readonly target: TargetPhase | 'dead'
  /** What the control plane has decided. */
  readonly verdict: 'open' | 'handed-over' | 'aborted'
  readonly isAsked: boolean
}

const sourceRuns = ({ source }: Whole) => source === 'copying' || source === 'back'
const targetRuns = ({ target }: Whole) => target === 'active'

/** Everything that may happen next, in any order, with any of it never happening. */
function nexts(at: Whole): Whole[] {
  const next: Whole[] = []
  const source = (event: SourceEvent) => {
    if (at.source !== 'dead') next.push({ ...at, source: sourceStep(at.source, event).phase })
  }
  source('converged')
  source('failed')
  source('patience-over')
  if (at.target === 'complete') source('received')
  if (at.source === 'stopping' && at.target !== 'dead') next.push({ ...at, target: targetStep(at.target, 'last-round').phase })
  if (at.source === 'standing') next.push({ ...at, isAsked: true })
  if (at.isAsked && at.verdict === 'open') next.push({ ...at, verdict: 'handed-over' })
  if (at.verdict === 'open') next.push({ ...at, verdict: 'aborted' })
  if (at.verdict === 'handed-over') {
    source('finish')
    if (at.target !== 'dead') next.push({ ...at, target: targetStep(at.target, 'activate').phase })
  }
  if (at.verdict === 'aborted') {
    source('cancel')
    if (at.target !== 'dead') next.push({ ...at, target: targetStep(at.target, 'discard').phase })
  }
  next.push({ ...at, source: 'dead' }, { ...at, target: 'dead' })
  return next
}

describe('The two sides of a migration', () => {
  test('never both run the guest, and only its owner does, whatever happens in whatever order', () => {
    const first: Whole = { source: 'copying', target: 'incoming', verdict: 'open', isAsked: false }
    const seen = new Map([[JSON.stringify(first), first]])
    for (const state of seen.values()) {
      expect(sourceRuns(state) && targetRuns(state), JSON.stringify(state)).toBe(false)
      if (state.verdict === 'handed-over') expect(sourceRuns(state), JSON.stringify(state)).toBe(false)
      else expect(targetRuns(state), JSON.stringify(state)).toBe(false)
      for (const next of nexts(state)) if (!seen.has(JSON.stringify(next))) seen.set(JSON.stringify(next), next)
    }
    expect([...seen.values()].some(targetRuns)).toBe(true)
    expect([...seen.values()].some(({ source }) => source === 'back')).toBe(true)
    expect(seen.size).toBeGreaterThan(40)
  })

  test('hand over only what is theirs, in the life in which it was given, to the life that has the memory', () => {
    const migration = { id: 7, target: 'machine-2', targetSession: 5, phase: 'copying' as const }
    const vm = { host: 'machine-1', session: 3, generation: 4, migration }
    const request = { migration: 7, generation: 4, host: 'machine-1', session: 3 }
    expect(decideHandOver(vm, request, 5)).toEqual({ kind: 'handed-over', owner: { host: 'machine-2', session: 5, generation: 5 } })
    for (const wrong of [
      decideHandOver(vm, { ...request, migration: 6 }, 5),
      decideHandOver(vm, { ...request, generation: 3 }, 5),
      decideHandOver(vm, { ...request, host: 'machine-3' }, 5),
      decideHandOver(vm, { ...request, session: 2 }, 5),
      decideHandOver(vm, request, 6),
      decideHandOver(vm, request, null),
      decideHandOver({ ...vm, migration: null }, request, 5),
      decideHandOver({ ...vm, migration: { ...migration, phase: 'preparing' } }, request, 5),
    ])
      expect(wrong.kind).toBe('refused')
  })
})
