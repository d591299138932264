import { describe, expect, test } from 'vitest'
import { becomingMachine } from '../../../systems/orchestrator/claims/becoming.js'
import { claimWatchMachine } from '../../../systems/orchestrator/claims/claim-watch.js'
import { orderMachine } from '../../../systems/orchestrator/claims/order-machine.js'
import type { Command, CommandResult } from '../../../systems/orchestrator/control/commands.js'

const self = { id: 1, peers: [] }

describe('An order', () => {
  const command: Command = { kind: 'start', name: 'web' }
  const tooLate: CommandResult = { kind: 'refused', why: 'claim-lost', detail: 'machine-1 has no 2 CPUs free' }
  const begun = (mostClaims: number) => {
    const machine = orderMachine(mostClaims)
    const { state } = machine.boot(self, null)
    const begin = machine.step(state, { kind: 'input', input: { kind: 'begin' } })
    const chosen = () => machine.step(state, { kind: 'input', input: { kind: 'chosen', command } })
    const hear = (result: CommandResult) => machine.step(state, { kind: 'message', from: 0, message: { kind: 'result', result } })
    return { begin, chosen, hear }
  }

  test('is proposed where it was chosen, and answered with what it came to', () => {
    const { begin, chosen, hear } = begun(4)
    expect(begin).toEqual([{ kind: 'emit', event: { kind: 'choose' } }])
    expect(chosen()).toEqual([{ kind: 'send', to: 0, message: { kind: 'propose', command } }])
    expect(chosen()).toEqual([])
    expect(hear({ kind: 'ok' })).toEqual([{ kind: 'emit', event: { kind: 'answer', result: { kind: 'ok' } } }])
    expect(hear({ kind: 'ok' })).toEqual([])
  })

  test('whose claim comes too late chooses again, and not for ever', () => {
    const { chosen, hear } = begun(2)
    chosen()
    expect(hear(tooLate)).toEqual([
      { kind: 'emit', event: { kind: 'too-late' } },
      { kind: 'emit', event: { kind: 'choose' } },
    ])
    chosen()
    expect(hear(tooLate)).toEqual([
      { kind: 'emit', event: { kind: 'too-late' } },
      { kind: 'emit', event: { kind: 'answer', result: tooLate } },
    ])
  })

  test('that is refused for another reason is not tried again', () => {
    const { chosen, hear } = begun(2)
    chosen()
    const result: CommandResult = { kind: 'refused', why: 'over-quota', detail: '' }
    expect(hear(result)).toEqual([{ kind: 'emit', event: { kind: 'answer', result } }])
  })
})

describe('A warm guest', () => {
  const identify = (given: object, generation = 1) => {
    const state = { generation: 1, isRunning: true, isSomebody: false, generationId: 'nobody', ...given }
    const [effect] = becomingMachine.step(state, { kind: 'message', from: 0, message: { kind: 'identify', generation, generationId: 'web' } })
    return { said: effect?.kind === 'emit' ? effect.event.kind : null, state }
  }

  test('becomes who it is told to be, once', () => {
    const { said, state } = identify({})
    expect(said).toBe('become')
    expect(state).toMatchObject({ isSomebody: true, generationId: 'web' })
    expect(identify(state).said).toBe('is-already')
    expect(identify({ isSomebody: true, generationId: 'other' }).said).toBe('refused')
  })

  test('is not told by whom its placement was taken from, nor while it does not run', () => {
    expect(identify({}, 2).said).toBe('refused')
    expect(identify({ isRunning: false }).said).toBe('refused')
  })
})

describe('The watch over claims', () => {
  const look = (now: number, ...vms: string[]) => ({
    kind: 'input' as const,
    input: { kind: 'look' as const, now, becoming: vms.map((vm) => ({ vm, generation: 1 })) },
  })

  test('gives up what has lasted too long since it was first seen, and forgets what came to an end', () => {
    const machine = claimWatchMachine(4)
    const { state } = machine.boot(self, null)
    expect(machine.step(state, look(10, 'vm-1'))).toEqual([])
    expect(machine.step(state, look(13, 'vm-1', 'vm-2'))).toEqual([])
    expect(machine.step(state, look(14, 'vm-1', 'vm-2'))).toEqual([{ kind: 'emit', event: { kind: 'lapsed', vm: 'vm-1', generation: 1 } }])
    machine.step(state, look(15, 'vm-2'))
    expect(machine.step(state, look(16, 'vm-1'))).toEqual([])
  })
})
