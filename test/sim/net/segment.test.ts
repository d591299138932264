import { expect, test } from 'vitest'
import { ms, run, type TraceRecord } from '../../../sim/index.js'
import { chatter } from '../faults/chatter.js'

test('a trace tells segments by their direction: who sent one comes first', async () => {
  const records: TraceRecord[] = []
  await run({ scenario: chatter, seed: 'directions', strategy: 'none', duration: ms(20), trace: { step: (record) => records.push({ ...record }) } })
  const segments = records.filter(({ kind }) => kind === 'segment')
  const synAck = segments.find(({ detail }) => detail.includes(' syn ') && detail.includes(' ack '))
  expect(synAck?.detail).toMatch(/^chatterer-\d:7000>chatterer-\d #1 syn /)
  expect(segments.some(({ detail }) => /^chatterer-\d>chatterer-\d:7000 #1 syn at 0 window/.test(detail))).toBe(true)
  for (const { detail, host } of segments) expect(detail.slice(detail.indexOf('>') + 1)).toMatch(new RegExp(`^${host}[: ]`))
})
