import { Misuse } from '../host/errors.js'
import type { Checkable } from './model.js'

/** Models of one sort that differ in sizes and choices: what a model file exports, and `seedfall check` sets with `--set name=value`. */
export interface ModelFamily<Settings = Readonly<Record<string, SettingValue>>> {
  /** Lower-case words with dashes: the name of its file. */
  readonly name: string
  /** One line. */
  readonly means: string
  readonly settings: Readonly<Record<string, Setting>>
  make(settings: Settings): Checkable<unknown, unknown>
}

export type SettingValue = number | boolean | string

export type Setting =
  /** A whole number from `least` to `most`. */
  | { readonly kind: 'number'; readonly standard: number; readonly least: number; readonly most: number; readonly means: string }
  | { readonly kind: 'choice'; readonly standard: string; readonly of: readonly string[]; readonly means: string }
  | { readonly kind: 'flag'; readonly standard: boolean; readonly means: string }

/** What `make` is given. */
export type SettingsOf<S extends Readonly<Record<string, Setting>>> = {
  readonly [Name in keyof S]: S[Name]['kind'] extends 'number' ? number : S[Name]['kind'] extends 'flag' ? boolean : string
}

/** Branded with `Symbol.for`: two copies of the package do get loaded. */
const brand = Symbol.for('seedfall.model')

/** A model file's default export: `export default modelFamily({ … })`. */
export function modelFamily<const S extends Readonly<Record<string, Setting>>>(family: {
  readonly name: string
  readonly means: string
  readonly settings: S
  make(settings: SettingsOf<S>): Checkable<never, never> | Checkable<unknown, unknown>
}): ModelFamily {
  return { ...family, [brand]: true } as unknown as ModelFamily
}

export function isModelFamily(value: unknown): value is ModelFamily {
  return typeof value === 'object' && value !== null && brand in value
}

/** Settings as they were written, `name=value`, and the standard ones for all others. Throws `Misuse` with what is wrong, for people. */
export function settingsOf(family: ModelFamily, written: readonly string[]): Record<string, SettingValue> {
  const values: Record<string, SettingValue> = {}
  for (const [name, { standard }] of Object.entries(family.settings)) values[name] = standard
  const seen = new Set<string>()
  for (const text of written) {
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at)
    const setting = Object.hasOwn(family.settings, name) ? family.settings[name] : undefined
    const names = Object.keys(family.settings)
    if (at < 0 || setting === undefined)
      throw new Misuse(
        at < 0
          ? `'${text}' sets nothing: write name=value`
          : `${family.name} has no setting '${name}': ${names.length === 0 ? 'it has none' : `there are ${names.join(', ')}`}`,
      )
    if (seen.has(name)) throw new Misuse(`'${name}' is set twice`)
    seen.add(name)
    values[name] = settingValue(name, setting, text.slice(at + 1))
  }
  return values
}

function settingValue(name: string, setting: Setting, text: string): SettingValue {
  switch (setting.kind) {
    case 'number': {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      if (!(value >= setting.least && value <= setting.most))
        throw new Misuse(`${name} is a whole number from ${setting.least} to ${setting.most}, not '${text}'`)
      return value
    }
    case 'choice':
      if (!setting.of.includes(text)) throw new Misuse(`${name} is one of ${setting.of.join(', ')}, not '${text}'`)
      return text
    case 'flag':
      if (text !== 'true' && text !== 'false') throw new Misuse(`${name} is true or false, not '${text}'`)
      return text === 'true'
  }
}
