import { describe, expect, test } from 'vitest'
import { DiskFaultInjector, type DiskFaultOccurrence } from '../../../sim/disk/disk-fault-injector.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { sectorBytes } from '../../../sim/disk/geometry.js'
import { describeState, diskWithOnePage, sector, sequences } from './disk-states.js'
import { EveryOutcome } from './every-outcome.js'
import { testDisk } from './manual-disk-host.js'
import { type Action, possibleStates } from './reference-rules.js'

/** What becomes of the last operation of its sort when it is struck, in the words of the reference. */
interface Strike {
  readonly kind: DiskFaultOccurrence['kind'] | 'disk.stall'
  readonly operation: 'write' | 'sync' | 'read'
  args(action: Action): Record<string, unknown>
  becomes(action: Action): Action
}

const overwrite: Action = { kind: 'write', sector: 2, count: 1 }
const extend: Action = { kind: 'write', sector: 9, count: 1 }
const span: Action = { kind: 'write', sector: 7, count: 2 }
const sync: Action = { kind: 'sync' }
const nothing: Action = { kind: 'nothing' }
const same = (action: Action) => action

const strikes: readonly Strike[] = [
  { kind: 'disk.write-error', operation: 'write', args: () => ({}), becomes: () => nothing },
  {
    kind: 'disk.full',
    operation: 'write',
    args: (action) => ({ written: action === span ? sectorBytes : 0 }),
    becomes: (action) => (action === span ? { kind: 'write', sector: 7, count: 1 } : nothing),
  },
  { kind: 'disk.sync-error', operation: 'sync', args: () => ({}), becomes: () => ({ kind: 'sync-error' }) },
  { kind: 'disk.sync-lie', operation: 'sync', args: () => ({}), becomes: () => ({ kind: 'lie' }) },
  {
    kind: 'disk.misdirect-write',
    operation: 'sync',
    args: () => ({ sector: 2, otherPath: 'a', otherSector: 5 }),
    becomes: () => ({ kind: 'misdirect', sector: 2, other: 5 }),
  },
  { kind: 'disk.slow', operation: 'write', args: () => ({ times: 50 }), becomes: same },
  { kind: 'disk.stall', operation: 'write', args: () => ({}), becomes: same },
  { kind: 'disk.read-error', operation: 'read', args: () => ({ sector: 2 }), becomes: same },
  { kind: 'disk.misdirect-read', operation: 'read', args: () => ({ sector: 2, otherPath: 'a', otherSector: 5 }), becomes: same },
]

/** Carries the actions out through the disk that processes see, the last operation of the strike's sort being struck. */
async function perform(actions: readonly Action[], strike: Strike, last: number): Promise<DiskImage> {
  const { image } = diskWithOnePage(() => new DiskImage())
  const faults = new DiskFaultInjector('host-1', image)
  const { disk, host, finish } = testDisk({ image, faults })
  const file = await finish(disk.open('a'))
  const ordinal = strike.operation === 'read' ? 1 : actions.filter((action) => action.kind === strike.operation).length
  const observer = { opportunity() {}, heldBack() {}, occurred() {} }
  if (strike.kind === 'disk.stall') faults.stall(host.now + 1_000_000_000, () => {})
  else faults.list({ kind: strike.kind, site: `host-1:a ${strike.operation}`, ordinal, args: strike.args(actions[last] ?? nothing) }, observer)
  for (const [index, action] of actions.entries()) {
    const operation = action.kind === 'write' ? file.writeAt(action.sector * sectorBytes, sector(String(index + 1), action.count)) : file.sync()
    await finish(operation).catch((error) => expect(error.code).toMatch(/^(EIO|ENOSPC)$/))
  }
  if (strike.operation === 'read') await finish(file.readAt(0, file.size())).catch((error) => expect(error.code).toBe('EIO'))
  return image
}

describe('the states that a power loss leaves after an operation that was struck are those of the rules', () => {
  for (const strike of strikes) {
    test(strike.kind, async () => {
      let struck = 0
      for (const actions of [1, 2].flatMap((length) => sequences([overwrite, extend, span, sync], length))) {
        const last = actions.map(({ kind }) => kind).lastIndexOf(strike.operation as 'write')
        if (last < 0 && strike.operation !== 'read') continue
        struck++
        const expected = actions.map((action, index) => (index === last ? strike.becomes(action) : action))
        const dice = new EveryOutcome()
        const reached = new Set<string>()
        do {
          const image = await perform(actions, strike, last)
          image.losePower(dice)
          reached.add(describeState(image))
        } while (dice.advance())
        expect([...reached].sort(), JSON.stringify(actions)).toEqual([...possibleStates(expected)].sort())
      }
      expect(struck).toBeGreaterThan(4)
    })
  }
})
