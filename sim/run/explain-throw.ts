import { placeOf } from '../ambient/place.js'
import type { Incarnation } from '../host/incarnation.js'

/** What a process threw, and what to do about the mistakes that the framework knows. */
export function explainThrow(thrown: Error, life: Incarnation | null): string {
  const where = life === null ? 'outside a process' : `on ${life.name}`
  const isFrozenValue = thrown instanceof TypeError && /read only|not extensible|Cannot delete|Cannot define/.test(thrown.message)
  const hint = isFrozenValue
    ? `; ${life?.name ?? 'it'} changed a value that was sent between hosts${at(placeOf(thrown))} (values are frozen when sent: copy before you change)`
    : ''
  return `${where}: ${thrown.message}${hint}`
}

const at = (place: string | undefined): string => (place === undefined ? '' : ` at ${place}`)
