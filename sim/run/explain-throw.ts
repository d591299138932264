import { placeOf } from '../ambient/place.js'
import type { Incarnation } from '../host/incarnation.js'

/** What a process threw, and what to do about the mistakes that the framework knows. */
export function explainThrow(thrown: Error, life: Incarnation | null): string {
  const where = life === null ? 'outside a process' : `on ${life.name}`
  const hint = isFrozenWrite(thrown)
    ? `; ${life?.name ?? 'it'} changed a value that was sent between hosts${at(placeOf(thrown))} (values are frozen when sent: copy before you change)`
    : ''
  return `${where}: ${thrown.message}${hint}`
}

/** A write to a frozen object, in V8's words: values are frozen when they are sent. */
export function isFrozenWrite(thrown: unknown): thrown is TypeError {
  return thrown instanceof TypeError && /read only|not extensible|Cannot delete|Cannot define/.test(thrown.message)
}

const at = (place: string | undefined): string => (place === undefined ? '' : ` at ${place}`)
