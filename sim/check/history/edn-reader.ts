import { HistoryError } from './history-error.js'

/**
 * Reads EDN, Clojure's notation for data, form by form.
 *
 * Keywords become texts with their colon, symbols texts; vectors, lists and sets become arrays; maps become plain objects, whose keys are texts: of a keyword
 * without its colon, of any other form as it is written. Integers beyond 53 bits become bigints, decimals and ratios numbers. A tag is dropped and its form
 * kept, so that Jepsen's records (`#jepsen.history.Op{…}`) read as maps; `#seedfall/bytes` becomes bytes.
 */
export class EdnReader {
  #at = 0
  #line = 1

  constructor(readonly text: string) {}

  /** Where the next form begins, or where reading stopped. */
  get line(): number {
    return this.#line
  }

  /** Whether there is another form. */
  hasNext(): boolean {
    this.#skip()
    return this.#at < this.text.length
  }

  next(): unknown {
    this.#skip()
    const character = this.text[this.#at]
    switch (character) {
      case undefined:
        return this.#fail('the text ends within a form')
      case '(':
        return this.#sequence(')')
      case '[':
        return this.#sequence(']')
      case '{':
        return this.#map()
      case '"':
        return this.#string()
      case '\\':
        return this.#character()
      case '#':
        return this.#dispatch()
      case ')':
      case ']':
      case '}':
        return this.#fail(`'${character}' closes nothing`)
      default:
        return this.#atom()
    }
  }

  #sequence(close: string): unknown[] {
    this.#at++
    const items: unknown[] = []
    while (!this.#closes(close)) items.push(this.next())
    return items
  }

  #map(): Record<string, unknown> {
    this.#at++
    const map: Record<string, unknown> = {}
    while (!this.#closes('}')) {
      this.#skip()
      const from = this.#at
      const key = this.next()
      const name = typeof key === 'string' ? (this.text[from] === ':' ? key.slice(1) : key) : this.text.slice(from, this.#at)
      if (this.#closes('}')) this.#fail(`a map has no value for ${name}`)
      // Not by assignment, which would make `__proto__` something else than a key.
      Object.defineProperty(map, name, { value: this.next(), enumerable: true, configurable: true, writable: true })
    }
    return map
  }

  /** Passes the closing bracket, if it is next. */
  #closes(close: string): boolean {
    this.#skip()
    if (this.text[this.#at] !== close) return false
    this.#at++
    return true
  }

  #string(): string {
    let text = ''
    let from = ++this.#at
    for (;;) {
      const code = this.text.charCodeAt(this.#at)
      if (Number.isNaN(code)) this.#fail('a string is never closed')
      if (code === quote) break
      if (code === newline) this.#line++
      if (code === backslash) {
        text += this.text.slice(from, this.#at) + this.#escape()
        from = this.#at
      } else {
        this.#at++
      }
    }
    text += this.text.slice(from, this.#at++)
    return text
  }

  #escape(): string {
    const escaped = this.text[this.#at + 1]
    if (escaped === 'u') {
      const code = this.text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(code)) this.#fail(`\\u${code} is no character`)
      this.#at += 6
      return String.fromCharCode(Number.parseInt(code, 16))
    }
    const known = escaped === undefined ? undefined : escapes.get(escaped)
    if (known === undefined) return this.#fail(`a string has \\${escaped ?? ''}, which stands for nothing`)
    this.#at += 2
    return known
  }

  #character(): string {
    const name = this.#token(this.#at + 1) || this.text[this.#at + 1]
    if (name === undefined) return this.#fail('the text ends within a character')
    this.#at += 1 + name.length
    const named = characters.get(name)
    if (named !== undefined) return named
    if (/^u[0-9a-fA-F]{4}$/.test(name)) return String.fromCharCode(Number.parseInt(name.slice(1), 16))
    if ([...name].length === 1) return name
    return this.#fail(`\\${name} is no character`)
  }

  #dispatch(): unknown {
    const next = this.text[this.#at + 1]
    if (next === '{') {
      this.#at++
      return this.#sequence('}')
    }
    if (next === '#') return this.#symbolicNumber()
    const tag = this.#token(this.#at + 1)
    if (tag === '') return this.#fail(`'#${next ?? ''}' is no form`)
    this.#at += 1 + tag.length
    const form = this.next()
    if (tag !== 'seedfall/bytes') return form
    if (typeof form !== 'string' || !/^([0-9a-f]{2})*$/.test(form)) return this.#fail('#seedfall/bytes takes a text of hexadecimal digits')
    return Uint8Array.from(form.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
  }

  /** `##Inf`, `##-Inf`, `##NaN`. */
  #symbolicNumber(): number {
    const name = this.#token(this.#at + 2)
    const value = symbolicNumbers.get(name)
    if (value === undefined) return this.#fail(`##${name} is no number`)
    this.#at += 2 + name.length
    return value
  }

  #atom(): unknown {
    const token = this.#token(this.#at)
    if (token === '') return this.#fail(`'${this.text[this.#at]}' begins no form`)
    this.#at += token.length
    switch (token) {
      case 'nil':
        return null
      case 'true':
        return true
      case 'false':
        return false
    }
    const first = token.charCodeAt(0)
    const isNumber = isDigit(first) || ((first === minus || first === plus) && isDigit(token.charCodeAt(1)))
    return isNumber ? this.#number(token) : token
  }

  #number(token: string): number | bigint {
    if (/^[+-]?\d+N?$/.test(token)) {
      const digits = token.endsWith('N') ? token.slice(0, -1) : token
      const number = Number(digits)
      // Read as a number, -0 would not be the integer 0 that it is.
      if (Number.isSafeInteger(number)) return token.endsWith('N') && token.startsWith('-') && number === 0 ? 0 : number
      return BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
    }
    if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/.test(token)) return Number(token.endsWith('M') ? token.slice(0, -1) : token)
    const ratio = /^([+-]?\d+)\/(\d+)$/.exec(token)
    if (ratio && Number(ratio[2]) !== 0) return Number(ratio[1]) / Number(ratio[2])
    return this.#fail(`${token} is no number`)
  }

  /** The longest token from there on. */
  #token(from: number): string {
    let at = from
    while (at < this.text.length && !isDelimiter(this.text.charCodeAt(at))) at++
    return this.text.slice(from, at)
  }

  /** Passes white space, commas, comments and discarded forms (`#_ form`). */
  #skip(): void {
    for (; this.#at < this.text.length; this.#at++) {
      const code = this.text.charCodeAt(this.#at)
      if (code === newline) this.#line++
      else if (code === semicolon) {
        while (this.#at + 1 < this.text.length && this.text.charCodeAt(this.#at + 1) !== newline) this.#at++
      } else if (code === hash && this.text[this.#at + 1] === '_') {
        this.#at += 2
        this.next()
        this.#at--
      } else if (!isSpace(code)) return
    }
  }

  #fail(message: string): never {
    throw new HistoryError(message, this.#line)
  }
}

const newline = 0x0a
const quote = 0x22
const hash = 0x23
const plus = 0x2b
const minus = 0x2d
const semicolon = 0x3b
const backslash = 0x5c

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
])
const characters: ReadonlyMap<string, string> = new Map([
  ['newline', '\n'],
  ['return', '\r'],
  ['space', ' '],
  ['tab', '\t'],
  ['backspace', '\b'],
  ['formfeed', '\f'],
])
const symbolicNumbers: ReadonlyMap<string, number> = new Map([
  ['Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
  ['NaN', Number.NaN],
])

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
/** A comma counts as white space. */
const isSpace = (code: number): boolean => code <= 0x20 || code === 0x2c || code === 0xfeff
/** `"`, `(`, `)`, `;`, `[`, `]`, `{`, `}` and white space. */
const isDelimiter = (code: number): boolean =>
  isSpace(code) || code === quote || code === 0x28 || code === 0x29 || code === semicolon || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d
