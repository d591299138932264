import type { Machine } from '../../../sim/check/machine.js'
import type { MachineHarness, MachineInvariants } from '../../../sim/check/machine-node.js'

/**
 * A small Machine to try the checkers on: node 0 hands out tickets to the others, each number once. It has to store the next number before a
 * ticket leaves; the hasty one does not wait.
 */
export interface CounterState {
  readonly id: number
  next: number
  token: number
}
export interface Ticket {
  readonly kind: 'ticket' | 'please'
  readonly number: number
}

export function counterHarness(isHasty: boolean): MachineHarness<CounterState, Ticket, { readonly next: number }, 'ask', { readonly next: number }> {
  const machine: Machine<CounterState, Ticket, { readonly next: number }, 'ask', { readonly next: number }> = {
    boot: ({ id }, durable) => ({ state: { id, next: durable?.next ?? 1, token: 1 }, effects: [] }),
    step: (state, event) => {
      if (event.kind === 'input') return [{ kind: 'send', to: 0, message: { kind: 'please', number: 0 } }]
      if (event.kind !== 'message' || event.message.kind !== 'please') return []
      const number = state.next++
      const token = state.token++
      return [
        { kind: 'save', token, change: { next: state.next } },
        { kind: 'send', to: event.from, message: { kind: 'ticket', number }, after: isHasty ? undefined : token },
      ]
    },
    persist: (_, change) => change,
  }
  return {
    machine,
    draw: (state) => (state.id > 0 ? 'ask' : null),
    offers: (state, ordinal) => (state.id > 0 && ordinal < 2 ? ['ask'] : []),
  }
}

export const counterInvariants: MachineInvariants<
  { readonly given: number[] },
  CounterState,
  Ticket,
  { readonly next: number },
  'ask',
  { readonly next: number }
> = {
  begin: () => ({ given: [] }),
  checks: [
    {
      name: 'TicketsOnce',
      check: ({ given }, { sent }) => {
        for (const { message } of sent) {
          if (message.kind !== 'ticket') continue
          if (given.includes(message.number)) return `ticket ${message.number} was given twice`
          given.push(message.number)
        }
        return undefined
      },
    },
  ],
}
