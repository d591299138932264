import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askedSeeds, partsOf } from '../../../../sim/run/node/asked-seeds.js'

describe('the seeds of a test', () => {
  test('are a hundred from 1 on, a number of them, or a range', () => {
    expect(askedSeeds({}, 't', {})).toEqual({ seeds: Array.from({ length: 100 }, (_, i) => String(i + 1)), isGiven: false })
    expect(askedSeeds({ seeds: 3, firstSeed: 7 }, 't', {}).seeds).toEqual(['7', '8', '9'])
    expect(askedSeeds({ seeds: '98..101' }, 't', {}).seeds).toEqual(['98', '99', '100', '101'])
  })

  test('are those that the environment asks for instead', () => {
    expect(askedSeeds({ seeds: 3 }, 't', { SEEDFALL_SEED: 'a word' })).toEqual({ seeds: ['a word'], isGiven: true })
    expect(askedSeeds({ seeds: 3, firstSeed: 5 }, 't', { SEEDFALL_SEEDS: '2' })).toEqual({ seeds: ['5', '6'], isGiven: true })
    expect(askedSeeds({ seeds: 3 }, 't', { SEEDFALL_SEEDS: '10..11' })).toEqual({ seeds: ['10', '11'], isGiven: true })
    expect(askedSeeds({ seeds: 1 }, 't', { SEEDFALL_SEED: '4', SEEDFALL_SEEDS: '9' }).seeds).toEqual(['4'])
    expect(askedSeeds({ seeds: 1 }, 't', { SEEDFALL_SEED: '', SEEDFALL_SEEDS: '' })).toEqual({ seeds: ['1'], isGiven: false })
  })

  test.each([
    [{ seeds: 0 }, {}, "t: seeds must be a positive integer or a range like '100..200', not 0"],
    [{ seeds: 1.5 }, {}, 'not 1.5'],
    [{ seeds: 'many' }, {}, "not 'many'"],
    [{ seeds: '9..3' }, {}, "not '9..3'"],
    [{ firstSeed: -1 }, {}, 't: firstSeed must be a whole number, not -1'],
    [{}, { SEEDFALL_SEEDS: '3-9' }, "SEEDFALL_SEEDS must be a positive integer or a range like '100..200', not '3-9'"],
    [{}, { SEEDFALL_SEEDS: '0' }, 'SEEDFALL_SEEDS must be a positive integer'],
  ])('%j with %j in the environment is a misuse', (choice, env, says) => expect(() => askedSeeds(choice, 't', env)).toThrow(says))

  test('cut into parts are all there, in order, in parts of the most but the last', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 9 }), (seeds, most) => {
        const parts = partsOf(seeds, most)
        expect(parts.flat()).toEqual(seeds)
        for (const [i, part] of parts.entries()) expect(part.length).toBe(i < parts.length - 1 ? most : ((seeds.length - 1) % most) + 1)
      }),
    )
  })
})
