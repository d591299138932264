import { describe, expect, test } from 'vitest'
import { s } from '../../../sim/index.js'
import { VmLab } from './vm-lab.js'

describe('A guest that stands still for a migration', () => {
  test('does no write that it wished for before: its memory stays what is sent', async () => {
    await using lab = await VmLab.start('stands-still', 2)
    await lab.create('web', { memoryMib: 256 })
    const source = lab.vm('web')?.host as string
    await lab.order({ kind: 'migrate', name: 'web', target: source === 'machine-1' ? 'machine-2' : 'machine-1' })
    const machine = lab.machine(source)
    const guest = machine.guests.get(lab.vm('web')?.id as string)
    if (guest === undefined) throw new Error('web is not where its record says')
    await lab.simulation.until(() => guest.isPaused, { within: s(5) })
    const { digest } = guest.memory
    expect(await machine.life.access(guest, { image: guest.vm, block: 1, value: 7 })).toBeNull()
    expect(guest.memory.digest).toBe(digest)
    expect(guest.openRequests).toBe(0)
  })
})
