import { describe, expect, test } from 'vitest'
import { fenceMachine, fenceStep, unfenced } from '../../../systems/orchestrator/control/fencing.js'
import { Silence } from '../../../systems/orchestrator/control/silence.js'
import { fenceWait, leaseMachine } from '../../../systems/orchestrator/lease/lease-machine.js'
import { StorageState } from '../../../systems/orchestrator/storage/storage-state.js'

const session = { machine: 'machine-1', session: 1 }
const client = (instance: number, machine = 'machine-1', number = 1) => ({ machine, session: number, instance })

describe('Fencing', () => {
  test('is not confirmed before the watchdog of the machine has surely fired', () => {
    const wait = fenceWait(2_000)
    const blocked = fenceStep(unfenced, { kind: 'storage', state: 'blocked' }, 100, wait)
    expect(blocked.isConfirmed).toBe(false)
    expect(fenceStep(blocked, { kind: 'time' }, 100 + wait - 1, wait).isConfirmed).toBe(false)
    expect(fenceStep(blocked, { kind: 'time' }, 100 + wait, wait).isConfirmed).toBe(true)
    expect(fenceStep(unfenced, { kind: 'time' }, 1_000_000, wait).isConfirmed).toBe(false)
    expect(fenceStep(unfenced, { kind: 'power-off' }, 0, wait).isConfirmed).toBe(false)
    expect(fenceStep(unfenced, { kind: 'storage', state: 'closed' }, 0, wait).isConfirmed).toBe(true)
  })

  test('asks the storage first, then switches the power off, and is confirmed by it', () => {
    const machine = fenceMachine(fenceWait(2_000))
    const { state } = machine.boot({ id: 2, peers: [] }, null)
    expect(machine.step(state, { kind: 'input', input: { kind: 'try' } })).toMatchObject([{ kind: 'send', message: { kind: 'block' } }])
    expect(machine.step(state, { kind: 'message', from: 1, message: { kind: 'off', at: 90 } })).toEqual([])
    expect(machine.step(state, { kind: 'message', from: 0, message: { kind: 'answer', state: 'blocked', at: 100 } })).toMatchObject([
      { kind: 'send', message: { kind: 'power-off' } },
    ])
    expect(machine.step(state, { kind: 'message', from: 1, message: { kind: 'off', at: 110 } })).toMatchObject([{ kind: 'emit', event: { kind: 'confirmed' } }])
  })

  test('a lease lasts from when it was asked for, not from when it was answered, and ends with its session', () => {
    const machine = leaseMachine(2_000, 3)
    const { state } = machine.boot({ id: 1, peers: [] }, null)
    const look = (now: number) => {
      machine.step(state, { kind: 'input', input: { kind: 'look', now } })
      return state.isFed
    }
    expect(look(0)).toBe(false)
    expect(machine.step(state, { kind: 'input', input: { kind: 'keep-alive', now: 100 } })).toMatchObject([
      { message: { isNew: true, session: 3_001, askedAt: 100 } },
    ])
    const answer = { kind: 'answer', isNew: true, session: 3_001, askedAt: 100, state: 'open' } as const
    expect(machine.step(state, { kind: 'message', from: 0, message: answer })).toMatchObject([{ event: { kind: 'opened', session: 3_001 } }])
    expect(look(2_099)).toBe(true)
    expect(look(2_100)).toBe(false)
    // Of a session that is not the current one nothing counts.
    machine.step(state, { kind: 'message', from: 0, message: { ...answer, isNew: false, session: 2_001, askedAt: 9_000 } })
    expect(look(2_200)).toBe(false)
    const blocked = { ...answer, isNew: false, askedAt: 3_000, state: 'blocked' } as const
    expect(machine.step(state, { kind: 'message', from: 0, message: blocked })).toMatchObject([{ event: { kind: 'over', session: 3_001, isBlocked: true } }])
    expect(machine.step(state, { kind: 'input', input: { kind: 'keep-alive', now: 4_000 } })).toMatchObject([{ message: { isNew: true, session: 3_002 } }])
  })

  test('a leader counts only the silence that it listened to, and doubts itself when most are silent', () => {
    const silence = new Silence(3_000, 9_000)
    const hosts = ['a', 'b', 'c']
    silence.listenAnew(10_000)
    expect(silence.lost(hosts, 12_999)).toEqual([])
    for (const host of ['a', 'b']) silence.heard(host, 12_900)
    expect(silence.lost(hosts, 13_000)).toEqual(['c'])
    expect(silence.lost(hosts, 16_000)).toEqual([])
    expect(silence.lost(hosts, 22_000)).toEqual(['a', 'b', 'c'])
  })
})

describe('The storage', () => {
  const opened = () => {
    const state = new StorageState()
    state.perform('openSession', session)
    expect(state.perform('open', { image: 'vm-1', client: client(1), generation: 1 })).toEqual({ kind: 'ok' })
    return state
  }
  const write = (state: StorageState, instance: number, generation: number) =>
    state.perform('write', { image: 'vm-1', client: client(instance), generation, block: 0, value: 7 }).kind

  test('refuses a blocked session, a stale generation, and whoever does not hold the lock', () => {
    const state = opened()
    expect(write(state, 1, 1)).toBe('ok')
    expect(write(state, 1, 0)).toBe('not-owner')
    expect(write(state, 2, 1)).toBe('not-owner')
    expect(state.perform('blocklist', session)).toEqual({ kind: 'blocked' })
    expect(write(state, 1, 1)).toBe('blocked')
    expect(state.perform('openSession', session)).toEqual({ kind: 'blocked' })
    expect(state.perform('openSession', { ...session, session: 2 })).toEqual({ kind: 'open' })
  })

  test('takes nothing any more of who gave the image back, though it comes later', () => {
    const state = opened()
    state.perform('release', { image: 'vm-1', client: client(2) })
    expect(state.perform('open', { image: 'vm-1', client: client(2), generation: 1 })).toEqual({ kind: 'blocked' })
    expect(state.perform('open', { image: 'vm-1', client: client(3), generation: 1 })).toEqual({ kind: 'ok' })
    // Of an image that is not there yet, too.
    state.perform('release', { image: 'vm-2', client: client(4) })
    expect(state.perform('open', { image: 'vm-2', client: client(4), generation: 1 })).toEqual({ kind: 'blocked' })
    expect(state.images.has('vm-2')).toBe(false)
  })

  test('breaks a lock only while the one that is meant holds it', () => {
    const state = opened()
    const held = { client: client(1), generation: 1 }
    state.perform('release', { image: 'vm-1', client: client(1) })
    expect(state.perform('open', { image: 'vm-1', client: client(3), generation: 1 })).toEqual({ kind: 'ok' })
    expect(state.perform('breakLock', { image: 'vm-1', held, by: { client: client(2), generation: 1 } })).toEqual({ kind: 'held-by-another' })
    expect(write(state, 3, 1)).toBe('ok')
  })

  test('is the same after its journal is done again', () => {
    const state = opened()
    write(state, 1, 1)
    const copy = new StorageState()
    copy.decode(JSON.parse(JSON.stringify(state.encode())))
    expect(copy.encode()).toEqual(state.encode())
  })
})
