import { Misuse } from '../../host/errors.js'

/**
 * A formula of linear temporal logic over a finite trace: what holds at a place hangs on that place and on what follows. Ended traces are the whole truth: at
 * the last element nothing follows, so `next` is false there, `weakNext` true.
 */
export interface Formula<T> {
  /** In words, for messages. */
  readonly text: string
  /** From the values of what follows to that of each place, back to front: place by place, each formula once. */
  readonly evaluate: (trace: readonly T[]) => readonly boolean[]
  /** Of a formula that does not hold at the beginning: the place that shows it; the beginning when not given. */
  readonly brokenAt?: (trace: readonly T[]) => number
}

/** A fact of one element: true or false there. Give it a name that reads well after "that". */
export function fact<T>(text: string, holds: (element: T, place: number) => boolean): Formula<T> {
  return { text, evaluate: (trace) => trace.map((element, place) => holds(element, place)) }
}

export const not = <T>(formula: Formula<T>): Formula<T> => ({
  text: `not (${formula.text})`,
  evaluate: (trace) => formula.evaluate(trace).map((holds) => !holds),
})

export const and = <T>(...formulas: readonly Formula<T>[]): Formula<T> => ({
  text: formulas.map(({ text }) => `(${text})`).join(' and '),
  evaluate: (trace) => combined(trace, formulas, (values) => values.every((holds) => holds)),
})

export const or = <T>(...formulas: readonly Formula<T>[]): Formula<T> => ({
  text: formulas.map(({ text }) => `(${text})`).join(' or '),
  evaluate: (trace) => combined(trace, formulas, (values) => values.some((holds) => holds)),
})

/** Wherever the first holds, the second does. */
export const implies = <T>(first: Formula<T>, second: Formula<T>): Formula<T> => ({
  text: `(${first.text}) implies (${second.text})`,
  evaluate: (trace) => combined(trace, [first, second], ([a, b]) => !a || b === true),
})

/** There is a next element, and it holds there. */
export const next = <T>(formula: Formula<T>): Formula<T> => ({
  text: `next (${formula.text})`,
  evaluate: (trace) => backwards(formula.evaluate(trace), false, (_, __, after) => after.value),
})

/** It holds at the next element, if there is one. */
export const weakNext = <T>(formula: Formula<T>): Formula<T> => ({
  text: `weakNext (${formula.text})`,
  evaluate: (trace) => backwards(formula.evaluate(trace), true, (_, __, after) => after.value),
})

/** It holds here and at all that follow. */
export const always = <T>(formula: Formula<T>): Formula<T> => ({
  text: `always (${formula.text})`,
  evaluate: (trace) => backwards(formula.evaluate(trace), true, (here, after) => here && after),
  brokenAt: (trace) => formula.evaluate(trace).indexOf(false),
})

/** It holds here or at something that follows. */
export const eventually = <T>(formula: Formula<T>): Formula<T> => ({
  text: `eventually (${formula.text})`,
  evaluate: (trace) => backwards(formula.evaluate(trace), false, (here, after) => here || after),
})

/** The second holds here or later, and until then the first does. */
export const until = <T>(first: Formula<T>, second: Formula<T>): Formula<T> => ({
  text: `(${first.text}) until (${second.text})`,
  evaluate(trace) {
    const holding = first.evaluate(trace)
    return backwards(second.evaluate(trace), false, (ends, after, { place }) => ends || (holding[place]! && after))
  },
})

/** As `until`, but the second need never hold if the first always does. */
export const weakUntil = <T>(first: Formula<T>, second: Formula<T>): Formula<T> => ({
  ...or(until(first, second), always(first)),
  text: `(${first.text}) weakUntil (${second.text})`,
})

export type TraceVerdict<T> =
  | { readonly holds: true }
  | { readonly holds: false; readonly message: string; readonly place: number; readonly element: T | undefined }

/**
 * Whether a formula holds of a whole trace: from its beginning on. Where an `always` fails, the place is the first at which what it says does not hold.
 *
 * @example
 * const asked = fact<Step>('a lock is asked for', (step) => step.kind === 'acquire')
 * const given = fact<Step>('it is given', (step) => step.kind === 'granted')
 * holdsOf(always(implies(asked, eventually(given))), trace)
 */
export function holdsOf<T>(formula: Formula<T>, trace: readonly T[]): TraceVerdict<T> {
  if (trace.length === 0) throw new Misuse('a formula holds of a trace with at least one element, and this one is empty')
  if (formula.evaluate(trace)[0]) return { holds: true }
  const place = formula.brokenAt?.(trace) ?? 0
  return { holds: false, message: `it is not so that ${formula.text}: it fails at element ${place} of ${trace.length}`, place, element: trace[place] }
}

function combined<T>(trace: readonly T[], formulas: readonly Formula<T>[], join: (values: readonly boolean[]) => boolean): boolean[] {
  const all = formulas.map((formula) => formula.evaluate(trace))
  return trace.map((_, place) => join(all.map((values) => values[place]!)))
}

/** From the last place to the first: what holds here, what the result was at the next place, and what held there. */
function backwards(
  here: readonly boolean[],
  atEnd: boolean,
  step: (holds: boolean, after: boolean, next: { readonly value: boolean; readonly place: number }) => boolean,
): boolean[] {
  const result: boolean[] = new Array<boolean>(here.length)
  for (let place = here.length - 1; place >= 0; place--) {
    const isLast = place === here.length - 1
    result[place] = step(here[place]!, isLast ? atEnd : result[place + 1]!, { value: isLast ? atEnd : here[place + 1]!, place })
  }
  return result
}
