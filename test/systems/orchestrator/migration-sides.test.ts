import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideHandOver } from '../../../systems/orchestrator/migration/hand-over.js'
import {
  beginSource,
  beginTarget,
  type SideEffect,
  type SideInput,
  type SideMessage,
  sidesMachine,
  standsStill,
} from '../../../systems/orchestrator/migration/sides.js'

type Kind = SideInput['kind'] | SideMessage['kind']
const messages: readonly SideMessage['kind'][] = ['last-round', 'received', 'hand-over', 'finish', 'cancel', 'activate', 'discard']
const inputs: readonly SideInput['kind'][] = ['converged', 'failed', 'patience-over', 'disk-released', 'disk-unanswered', 'disk-taken', 'disk-refused']

function tell(side: ReturnType<typeof beginSource> | ReturnType<typeof beginTarget>, kind: Kind): string[] {
  const isMessage = (messages as readonly string[]).includes(kind)
  const effects: SideEffect[] = isMessage
    ? sidesMachine.step(side, { kind: 'message', from: 0, message: { kind } as SideMessage })
    : sidesMachine.step(side, { kind: 'input', input: { kind } as SideInput })
  return effects.map((effect) => (effect.kind === 'emit' ? effect.event.kind : effect.kind === 'send' ? `say ${effect.message.kind}` : effect.kind))
}

describe('The two sides of a migration', () => {
  test('go through it: the guest stands still until its disk is given back and the control plane has decided', () => {
    const source = beginSource()
    const target = beginTarget()
    expect(tell(source, 'converged')).toEqual(['pause', 'say last-round'])
    expect(tell(target, 'last-round')).toEqual(['say received'])
    expect(tell(source, 'received')).toEqual(['release-disk'])
    expect(tell(source, 'disk-released')).toEqual(['say hand-over'])
    expect(tell(source, 'finish')).toEqual(['destroy', 'say activate'])
    expect(tell(target, 'activate')).toEqual(['take-disk'])
    expect(tell(target, 'disk-taken')).toEqual(['run'])
    expect([source.phase, target.phase]).toEqual(['gone', 'active'])
  })

  test('a guest that stays stands still until its disk is its own again', () => {
    const source = beginSource()
    for (const kind of ['converged', 'received'] as const) tell(source, kind)
    expect(tell(source, 'patience-over')).toEqual(['take-disk'])
    expect(standsStill(source)).toBe(true)
    expect(tell(source, 'disk-taken')).toEqual(['resume'])
    expect(standsStill(source)).toBe(false)
  })

  test('a source whose hand-over may be decided goes on by nobody’s word but the control plane’s', () => {
    const source = beginSource()
    for (const kind of ['converged', 'received', 'disk-released'] as const) tell(source, kind)
    for (const kind of [...inputs, 'received'] as const) expect(tell(source, kind)).toEqual([])
    expect(source.phase).toBe('standing')
    expect(tell(source, 'cancel')).toEqual(['take-disk'])
  })

  test('destroy and resume are never both done, whatever is said in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Kind>(...inputs, ...messages), { maxLength: 30 }), (kinds) => {
        const source = beginSource()
        const done = kinds.flatMap((kind) => tell(source, kind))
        expect(done.includes('destroy') && done.includes('resume')).toBe(false)
        expect(done.filter((deed) => deed === 'destroy' || deed === 'resume').length).toBeLessThanOrEqual(1)
        const target = beginTarget()
        const woken = kinds.flatMap((kind) => tell(target, kind))
        expect(woken.filter((deed) => deed === 'run').length).toBeLessThanOrEqual(1)
      }),
    )
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
