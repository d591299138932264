import { Misuse } from '../host/errors.js'
import { fold, hashString } from '../kernel/mix.js'

/**
 * The rules for values that cross between hosts: two hosts never share a mutable object.
 *
 * Plain data (null, booleans, numbers, bigints, strings, undefined, arrays and plain objects of these) is frozen in place when it is sent, so that a sender that
 * changes it later fails at that line. Bytes, maps and sets cannot be frozen and are copied, and so is what holds them. Anything else is refused.
 * The same walk hashes the value, byte for byte.
 */
export class ValueTransfer {
  /** Hash of the value that `take` took last. */
  word = 0
  readonly #shapes: ShapeStep = { key: '', word: 0, isPlain: false, next: null, steps: new Map() }
  /**
   * What was taken last, when it is frozen through and through and so still hashes the same: broadcasts send one value to many. Only what holds objects
   * itself: a flat one is walked again sooner than remembered.
   */
  #last: object | null = null
  #isNested = false
  #lastWord = 0
  #slab: Uint8Array | null = null
  #used = 0

  readonly #isOn: boolean

  /** `isOn` false: values cross as they are. */
  constructor(isOn = true) {
    this.#isOn = isOn
  }

  /** What the receiver gets: the value itself, frozen, or a copy. */
  take(value: unknown): unknown {
    if (value === this.#last && value !== null) {
      this.word = this.#lastWord
      return value
    }
    this.word = 0x2f6e2b1
    if (!this.#isOn) return value
    this.#isNested = false
    const taken = this.#walk(value, 0)
    // Whatever cannot be frozen was copied, and all that holds it.
    if (taken === value && this.#isNested) {
      this.#last = value as object
      this.#lastWord = this.word
    }
    return taken
  }

  #walk(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'number':
        if ((value | 0) === value) this.word = fold(this.word, value)
        else this.#foldNumber(value)
        return value
      case 'string':
        this.#foldText(value)
        return value
      case 'boolean':
        this.word = fold(this.word, value ? 0x7e1 : 0x7e2)
        return value
      case 'undefined':
        this.word = fold(this.word, 0x7e3)
        return value
      case 'bigint':
        this.word = fold(this.word, 0x7ea)
        this.#foldText(value.toString())
        return value
      case 'object':
        return value === null ? this.#foldNull() : this.#walkObject(value, depth + 1)
      default:
        throw new Misuse(`a ${typeof value} cannot be sent between hosts: send plain data`)
    }
  }

  #walkObject(value: object, depth: number): unknown {
    if (depth > 1) this.#isNested = true
    // The prototype itself costs a call into the runtime: `#walkPlain` asks for it where the keys are new.
    if ((value as { constructor?: unknown }).constructor === Object) return this.#walkPlain(value as Record<string, unknown>, depth)
    if (Array.isArray(value)) return this.#walkArray(value, depth)
    if (value instanceof Uint8Array) return this.#copyBytes(value)
    if (value instanceof Map) {
      this.word = fold(this.word, 0x7e4 + value.size)
      const copy = new Map<unknown, unknown>()
      for (const [key, item] of value) copy.set(this.#walk(key, depth), this.#walk(item, depth))
      return copy
    }
    if (value instanceof Set) {
      this.word = fold(this.word, 0x7e5 + value.size)
      const copy = new Set<unknown>()
      for (const item of value) copy.add(this.#walk(item, depth))
      return copy
    }
    // Without a prototype, or with a key 'constructor' of its own.
    if (!hasPlainPrototype(value)) throw notPlain(value)
    return this.#walkPlain(value as Record<string, unknown>, depth)
  }

  #walkPlain(value: Record<string, unknown>, depth: number): unknown {
    if (depth > deepest) throw new Misuse(tooDeep)
    let copy: Record<string, unknown> | null = null
    // Objects of one shape come in a row: the keys are found along the path that the last ones took.
    let shape = this.#shapes
    for (const key in value) {
      shape = shape.next !== null && shape.next.key === key ? shape.next : this.#follow(shape, key)
      const item = value[key]
      if (typeof item === 'number' && (item | 0) === item) {
        this.word = fold(fold(this.word, shape.word), item)
        continue
      }
      this.word = fold(this.word, shape.word)
      if (typeof item === 'string') {
        this.#foldText(item)
        continue
      }
      const taken = this.#walk(item, depth)
      if (!Object.is(taken, item)) {
        copy ??= { ...value }
        copy[key] = taken
      }
    }
    if (!shape.isPlain) {
      if (!hasPlainPrototype(value)) throw notPlain(value)
      shape.isPlain = true
    }
    return Object.freeze(copy ?? value)
  }

  #follow(shape: ShapeStep, key: string): ShapeStep {
    let step = shape.steps.get(key)
    if (step === undefined) {
      step = { key, word: hashString(key), isPlain: false, next: null, steps: new Map() }
      // Keys that are data (a record by name) would grow the paths without end.
      if (shape.steps.size < 256) shape.steps.set(key, step)
    }
    shape.next = step
    return step
  }

  #walkArray(value: unknown[], depth: number): unknown {
    if (depth > deepest) throw new Misuse(tooDeep)
    let copy: unknown[] | null = null
    this.word = fold(this.word, 0x7e6 + value.length)
    for (let i = 0; i < value.length; i++) {
      const item = value[i]
      const taken = this.#walk(item, depth)
      if (!Object.is(taken, item)) {
        copy ??= value.slice()
        copy[i] = taken
      }
    }
    return Object.freeze(copy ?? value)
  }

  /** Small copies share a slab: a typed array with a buffer of its own costs ten times as much. */
  #copyBytes(bytes: Uint8Array): Uint8Array {
    const length = bytes.length
    let copy: Uint8Array
    if (length > 16_384) copy = new Uint8Array(length)
    else {
      let slab = this.#slab
      if (slab === null || this.#used + length > slab.length) {
        slab = new Uint8Array(65_536)
        this.#slab = slab
        this.#used = 0
      }
      copy = slab.subarray(this.#used, this.#used + length)
      this.#used += length
    }
    copy.set(bytes)
    this.word = hashBytes(this.word, bytes)
    return copy
  }

  #foldNull(): null {
    this.word = fold(this.word, 0x7e7)
    return null
  }

  #foldNumber(value: number): void {
    float[0] = value
    this.word = fold(fold(this.word, words[0] as number), words[1] as number)
  }

  #foldText(text: string): void {
    let hash = fold(this.word, text.length)
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    this.word = fold(hash, 0x7e8)
  }
}

/** One key on a path through the keys of objects: those of one message type all take the same. */
interface ShapeStep {
  readonly key: string
  readonly word: number
  /** An object with these keys was plain: the next ones are taken for such by their constructor. */
  isPlain: boolean
  /** Where the last object went on. */
  next: ShapeStep | null
  readonly steps: Map<string, ShapeStep>
}

function hasPlainPrototype(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function notPlain(value: object): Misuse {
  const name = (value.constructor as { name?: string } | undefined)?.name ?? 'unknown'
  return new Misuse(`an object of class ${name} cannot be sent between hosts: send plain data (objects, arrays, maps, sets, bytes, numbers, strings)`)
}

const deepest = 64
const tooDeep = 'a value nested deeper than 64 levels (or in a cycle) cannot be sent between hosts'

/** Folds bytes four at a time, little-endian whatever the machine. */
export function hashBytes(hash: number, bytes: Uint8Array): number {
  const length = bytes.length
  let word = fold(hash, length)
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const four = (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24)
    word = Math.imul(word ^ four, 0x9e3779b1)
    word ^= word >>> 15
  }
  for (; i < length; i++) word = Math.imul(word ^ (bytes[i] as number), 0x01000193)
  return fold(word, 0x7e9)
}

// Scratch space, written before every read.
const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
