import { expect, test } from 'vitest'
import type { Host, HostName } from '../../../sim/host/seam.js'
import { GroupExchange, type Heartbeats } from '../../../systems/raft/group-exchange.js'
import type { HeartbeatRequest, RaftMessage } from '../../../systems/raft/messages.js'

/** An exchange on host `b`, and what it says and hears. */
function exchangeOf(isCurrent: () => boolean) {
  const sent: { to: HostName; packet: Heartbeats }[] = []
  let receive = (_packet: Heartbeats, _from: HostName): void => {}
  const host = {
    name: 'b',
    incarnation: 3,
    check: { reachable() {} },
    net: {
      serve: (_protocol: unknown, handlers: { heartbeats: typeof receive }) => {
        receive = handlers.heartbeats
        return { close() {} }
      },
      send: (_protocol: unknown, to: HostName, _method: string, packet: Heartbeats) => sent.push({ to, packet }),
    },
  } as unknown as Host
  return { exchange: new GroupExchange(host, isCurrent), sent, receive: (packet: Heartbeats) => receive(packet, 'a') }
}

const beat: HeartbeatRequest = { kind: 'heartbeat-request', term: 1, commit: 1, round: 0 }

test('of a packet that is older than another of its host, nothing is believed that would let a group rest', () => {
  let isCurrent = true
  const { exchange, receive } = exchangeOf(() => isCurrent)
  const heard: RaftMessage[] = []
  exchange.transport('g', ['a', 'b'], (_from, message) => heard.push(message))
  const last: HeartbeatRequest = { ...beat, isLast: true }
  const packet = { incarnation: 1, quits: 0, lately: [], groups: ['g', 'g'], messages: [last, beat] }
  receive(packet)
  expect(heard).toEqual([last, beat])
  isCurrent = false
  receive(packet)
  expect(heard).toEqual([last, beat, beat])
})

test('every packet says which groups lost their leader here, the last sixteen by name', () => {
  const { exchange, sent } = exchangeOf(() => true)
  const greet = () => exchange.gather(() => exchange.greet('a'))
  greet()
  exchange.quit('one')
  exchange.quit('two')
  greet()
  for (let i = 0; i < 20; i++) exchange.quit(`g${i}`)
  greet()
  expect(sent.map(({ packet: { quits, lately } }) => [quits, lately.length, lately.at(-1)])).toEqual([
    [0, 0, undefined],
    [2, 2, 'two'],
    [22, 16, 'g19'],
  ])
})
