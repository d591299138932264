import { describe, expect, test } from 'vitest'
import { Agenda } from '../../../sim/faults/agenda.js'
import { ms, s, simulate } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

const start = () => simulate(registerStore, { seed: 'agenda', faults: 'none', clients: false })

describe('what is planned', () => {
  test('happens in the order of its times, and of its planning where they are equal', async () => {
    const simulation = await start()
    const agenda = new Agenda(simulation.kernel)
    const done: string[] = []
    const note = (word: string) => ({ label: word, run: () => done.push(`${word} at ${simulation.kernel.now / 1e6}`) })
    for (const [at, word] of [
      [30, 'c'],
      [10, 'a'],
      [30, 'd'],
      [20, 'b'],
      [30, 'e'],
    ] as const)
      agenda.plan(ms(at), () => note(word))
    await simulation.advance(ms(100))
    expect(done).toEqual(['a at 10', 'b at 20', 'c at 30', 'd at 30', 'e at 30'])
  })

  test('comes before the events of its time, though they were scheduled before', async () => {
    const simulation = await start()
    const order: string[] = []
    simulation.engine.world.after(ms(50), 'event', () => order.push('event'))
    const agenda = new Agenda(simulation.kernel)
    agenda.plan(ms(50), () => ({ label: 'planned', run: () => order.push('planned') }))
    await simulation.advance(ms(50))
    expect(order).toEqual(['planned', 'event'])
  })

  test('is no step, and leaves no trace, when it comes to nothing', async () => {
    const [idle, plain] = [await start(), await start()]
    const agenda = new Agenda(idle.kernel)
    let asked = 0
    for (let i = 1; i < 100; i++) {
      agenda.plan(ms(i), () => {
        asked++
        return null
      })
    }
    for (const simulation of [idle, plain]) await simulation.advance(s(1))
    expect(asked).toBe(99)
    const [one, other] = [await idle.finish(), await plain.finish()]
    expect([one.steps, one.traceHash]).toEqual([other.steps, other.traceHash])
  })

  test('may plan more, for now or later; what should have been before is now', async () => {
    const simulation = await start()
    const agenda = new Agenda(simulation.kernel)
    const times: number[] = []
    agenda.plan(ms(5), () => {
      agenda.plan(ms(1), () => {
        times.push(simulation.kernel.now)
        agenda.plan(ms(9), () => ({ label: 'late', run: () => times.push(simulation.kernel.now) }))
        return null
      })
      return null
    })
    await simulation.advance(ms(20))
    expect(times).toEqual([ms(5), ms(9)])
  })
})
