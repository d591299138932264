import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  always,
  and,
  eventually,
  type Formula,
  fact,
  holdsOf,
  implies,
  next,
  not,
  or,
  until,
  weakNext,
  weakUntil,
} from '../../../../sim/check/temporal/temporal.js'

const is = (letter: string): Formula<string> => fact(`it is ${letter}`, (element) => element === letter)
const [a, b] = [is('a'), is('b')]
const holds = (formula: Formula<string>, trace: string): boolean => holdsOf(formula, [...trace]).holds

describe('a formula over a trace', () => {
  test('always and eventually look at all that follows', () => {
    expect(holds(always(a), 'aaa')).toBe(true)
    expect(holds(always(a), 'aab')).toBe(false)
    expect(holds(eventually(b), 'aab')).toBe(true)
    expect(holds(eventually(b), 'aaa')).toBe(false)
    expect(holds(always(implies(a, eventually(b))), 'abab')).toBe(true)
    expect(holds(always(implies(a, eventually(b))), 'abaa')).toBe(false)
  })
  test('next asks for one more element, weakNext does not', () => {
    expect(holds(next(b), 'ab')).toBe(true)
    expect(holds(next(b), 'a')).toBe(false)
    expect(holds(weakNext(b), 'a')).toBe(true)
    expect(holds(next(next(a)), 'aba')).toBe(true)
  })
  test('until wants its end, weakUntil does not', () => {
    expect(holds(until(a, b), 'aab')).toBe(true)
    expect(holds(until(a, b), 'b')).toBe(true)
    expect(holds(until(a, b), 'acb')).toBe(false)
    expect(holds(until(a, b), 'aaa')).toBe(false)
    expect(holds(weakUntil(a, b), 'aaa')).toBe(true)
    expect(holds(weakUntil(a, b), 'acb')).toBe(false)
  })
  test('that fails says what, and where', () => {
    expect(holdsOf(always(implies(a, next(b))), [...'abac'])).toEqual({
      holds: false,
      message: 'it is not so that always ((it is a) implies (next (it is b))): it fails at element 2 of 4',
      place: 2,
      element: 'a',
    })
    expect(() => holdsOf(a, [])).toThrow('at least one element')
  })

  test('agrees with its definition, place by place', () => {
    const formulas = fc.letrec<{ formula: Formula<string> }>((tie) => ({
      formula: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(a, b),
        fc.tuple(fc.constantFrom(not, next, weakNext, always, eventually), tie('formula')).map(([make, inner]) => make(inner) as Formula<string>),
        fc
          .tuple(fc.constantFrom(and, or, implies, until, weakUntil), tie('formula'), tie('formula'))
          .map(([make, left, right]) => (make as (x: Formula<string>, y: Formula<string>) => Formula<string>)(left, right)),
      ),
    })).formula
    fc.assert(
      fc.property(formulas, fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 }), (formula, trace) => {
        const at = (one: Formula<string>, place: number): boolean => one.evaluate(trace)[place]!
        const places = trace.map((_, i) => i)
        // The suffix alone decides: the value at a place is that of the trace from there on.
        for (const place of places) expect(formula.evaluate(trace.slice(place))[0]).toBe(at(formula, place))
        for (const place of places) {
          expect(at(always(formula), place)).toBe(places.slice(place).every((later) => at(formula, later)))
          expect(at(eventually(formula), place)).toBe(places.slice(place).some((later) => at(formula, later)))
          expect(at(until(formula, b), place)).toBe(places.slice(place).some((end) => at(b, end) && places.slice(place, end).every((one) => at(formula, one))))
          expect(at(not(eventually(not(formula))), place)).toBe(at(always(formula), place))
        }
      }),
      { numRuns: 200 },
    )
  })
})
