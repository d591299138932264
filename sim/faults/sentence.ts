import { duration } from '../report/numbers.js'
import type { Injection, InjectionArgs } from './injection.js'

/** Words that sentences about injections are made of. */

/** `broker-1>broker-2`, `broker-1>*`, `*>broker-1`, `*>*` as words: `from broker-1 to broker-2`. */
export function onLinks(site: string): string {
  const [from = '*', to = '*'] = site.split('>')
  if (from === '*' && to === '*') return 'on all links'
  if (to === '*') return `from ${from} to everybody`
  if (from === '*') return `from anybody to ${to}`
  return `from ${from} to ${to}`
}

/** One packet or request of `broker-2>broker-3 raft.vote`: `broker-2's 4th raft.vote to broker-3`. */
export function onePacket({ site, ordinal }: Injection): string {
  const [link = '', type = 'packet'] = split(site, ' ')
  const [from = '', to = ''] = link.split('>')
  return `${possessive(from)} ${nth(ordinal)} ${type} to ${to}`
}

/** One operation of `broker-2:log/1 sync`: `broker-2's 3rd sync of log/1`. */
export function oneDiskOperation({ site, ordinal }: Injection): string {
  const [host = '', rest = ''] = split(site, ':')
  const operation = rest.slice(rest.lastIndexOf(' ') + 1)
  return `${possessive(host)} ${nth(ordinal)} ${operation} of ${rest.slice(0, rest.lastIndexOf(' '))}`
}

/** `for 900 ms`; nothing given: `for good`. */
export function lasting({ forNanos }: InjectionArgs): string {
  return typeof forNanos === 'number' ? `for ${duration(forNanos)}` : 'until it is told otherwise'
}

/** `and starts again after 52 ms`. */
export function restarting(restartAfterNanos: unknown): string {
  return typeof restartAfterNanos === 'number' ? `and starts again ${duration(restartAfterNanos)} later` : 'and stays down'
}

/** `one in 20`; all of them: `all`. */
export function share({ perMille }: InjectionArgs): string {
  if (typeof perMille !== 'number' || perMille >= 1000) return 'all'
  return perMille === 0 ? 'none' : `${Math.round(perMille / 10) === perMille / 10 ? perMille / 10 : (perMille / 10).toFixed(1)}% of`
}

export function span(nanos: unknown): string {
  return typeof nanos === 'number' ? duration(Math.abs(nanos)) : 'some time'
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export function nth(number: number): string {
  const tens = number % 100
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')
  return `${number}${ending}`
}

const possessive = (name: string): string => `${name}'s`

function split(text: string, at: string): [string, string] {
  const place = text.indexOf(at)
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)]
}
