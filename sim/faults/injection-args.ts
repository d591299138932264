import * as v from 'valibot'
import type { Injection } from './injection.js'

/**
 * What the arguments of a kind's injections are, as schemas: for those that are listed in a replay, drawn ones being what their kind draws. More than a schema
 * names may be given. Each says in words what a value has to be.
 */
export type ArgsSchema = v.LooseObjectSchema<v.ObjectEntries, undefined>

export const argsOf = (entries: v.ObjectEntries): ArgsSchema => v.looseObject(entries)

const whole = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least
const value = <T>(what: string, holds: (given: unknown) => boolean) => v.custom<T>(holds, what)

export const nanos = value<number>('nanoseconds, an integer from 0 on', (given) => whole(given, 0))
/** null: until somebody ends it, or for good. */
export const nanosOrNull = value<number | null>('nanoseconds, an integer from 0 on, or null', (given) => given === null || whole(given, 0))
/** Forward or back. */
export const signedNanos = value<number>('nanoseconds, an integer', (given) => Number.isSafeInteger(given))
export const perMille = value<number>('an integer from 0 to 1000', (given) => whole(given, 0) && given <= 1_000)
export const count = (least: number) => value<number>(`an integer from ${least} on`, (given) => whole(given, least))
export const integer = value<number>('an integer', (given) => Number.isSafeInteger(given))
export const isUint32 = (given: unknown): boolean => whole(given, 0) && given <= 0xffff_ffff
export const dieKey = value<readonly [number, number]>(
  'two integers of 32 bits',
  (given) => Array.isArray(given) && given.length === 2 && given.every(isUint32),
)
export const text = value<string>('a text', (given) => typeof given === 'string')
export const textOrNull = value<string | null>('a text or null', (given) => given === null || typeof given === 'string')
export const flag = value<boolean>('true or false', (given) => typeof given === 'boolean')
export const oneOf = (...words: readonly string[]) => value<string>(`one of ${words.join(', ')}`, (given) => words.some((word) => word === given))
export const listOf = (what: string, holds: (each: unknown) => boolean) =>
  value<readonly unknown[]>(`a list of ${what}`, (given) => Array.isArray(given) && given.every(holds))
export const isText = (given: unknown): boolean => typeof given === 'string'
export const isNanosOrNull = (given: unknown): boolean => given === null || whole(given, 0)
export const optional = (schema: v.GenericSchema) => v.optional(schema)

/** What is wrong with these arguments, in a line; null: nothing. */
export function argsFault(schema: ArgsSchema, { args }: Injection): string | null {
  // What is missing is wrong for what it is not, like any other value.
  const given = { ...Object.fromEntries(Object.keys(schema.entries).map((name) => [name, undefined])), ...args }
  const { issues } = v.safeParse(schema, given)
  const issue = issues?.[0]
  if (issue === undefined) return null
  const name = v.getDotPath(issue) ?? ''
  const found = given[name as keyof typeof given]
  return `${name} must be ${issue.message}, ${found === undefined ? 'and there is none' : `not ${JSON.stringify(found)}`}`
}
