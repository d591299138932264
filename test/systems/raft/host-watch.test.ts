import { describe, expect, test } from 'vitest'
import type { MemberTimer } from '../../../systems/raft/heartbeat-ticker.js'
import { HostWatch, type HostWord } from '../../../systems/raft/host-watch.js'

const word = (incarnation: number, ...lately: readonly string[]): HostWord => ({ incarnation, quits: lately.length, lately })

/** A clock in the hand. */
function watchOf(patience: number) {
  let now = 0
  const due = new Map<MemberTimer, () => void>()
  const makeTimer = (fire: () => void): MemberTimer => {
    const timer = {
      deadline: Number.POSITIVE_INFINITY,
      set: (delay: number) => {
        timer.deadline = now + delay
      },
      cancel: () => {
        timer.deadline = Number.POSITIVE_INFINITY
      },
      fireIfDue: () => {},
    }
    due.set(timer, fire)
    return timer
  }
  const unheard: string[] = []
  const watch = new HostWatch(makeTimer, patience, (host, groups) => unheard.push(`${host} ${groups === null ? '' : `${groups.join(' and ')} `}${now}`))
  const passTo = (time: number) => {
    for (;;) {
      const [next] = [...due].filter(([{ deadline }]) => deadline <= time).sort(([a], [b]) => a.deadline - b.deadline)
      if (next === undefined) break
      const [timer, fire] = next
      now = timer.deadline
      timer.cancel()
      fire()
    }
    now = time
  }
  return { watch, unheard, passTo }
}

describe("the watch over leaders' hosts", () => {
  test('tells of a host that says nothing for as long as its patience, and not of one that speaks', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.watch('silent')
    watch.watch('talking')
    for (let time = 25; time <= 200; time += 25) {
      passTo(time)
      watch.heard('talking', word(1))
    }
    expect(unheard).toEqual(['silent 100', 'silent 200'])
  })

  test('tells of a host that began another life, even if it did so before it spoke for the first time since it is watched', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.heard('one', word(1))
    watch.watch('one')
    passTo(10)
    watch.heard('one', word(2))
    expect(unheard).toEqual(['one 10'])
  })

  test('takes no late word of an earlier life for one of this', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.heard('one', word(2))
    watch.watch('one')
    passTo(60)
    watch.heard('one', word(1))
    passTo(100)
    expect(unheard).toEqual(['one 100'])
  })

  test('tells of the groups that a host has no leader of any more, each once, whichever words of it were lost', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.heard('one', word(1, 'a'))
    watch.watch('one')
    passTo(10)
    watch.heard('one', word(1, 'a', 'b'))
    watch.heard('one', word(1, 'a', 'b'))
    watch.heard('one', word(1, 'a', 'b', 'c', 'd'))
    expect(unheard).toEqual(['one b 10', 'one c and d 10'])
  })

  test('takes all groups of a host for concerned when it names fewer than were missed', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.heard('one', word(1))
    watch.watch('one')
    passTo(10)
    watch.heard('one', { incarnation: 1, quits: 3, lately: ['b', 'c'] })
    expect(unheard).toEqual(['one 10'])
  })

  test('knows a word that is older than one it has heard', () => {
    const { watch } = watchOf(100)
    expect([word(1), word(1, 'a'), word(1), word(1, 'a'), word(2), word(1, 'a')].map((each) => watch.heard('one', each))).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ])
  })

  test('takes the word of a disk whose count of lives starts again, once the life before has said nothing for as long as its patience', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.heard('one', word(5))
    watch.watch('one')
    for (let time = 25; time <= 300; time += 25) {
      passTo(time)
      watch.heard('one', word(1))
    }
    expect(unheard).toEqual(['one 100'])
    watch.heard('one', word(2))
    expect(unheard).toEqual(['one 100', 'one 300'])
  })

  test('tells nothing of a host that no group rests with any more', () => {
    const { watch, unheard, passTo } = watchOf(100)
    watch.watch('one')
    watch.watch('one')
    watch.unwatch('one')
    watch.unwatch('one')
    passTo(500)
    expect(unheard).toEqual([])
  })
})
