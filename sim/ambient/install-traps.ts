import type { AmbientGuard } from './ambient-guard.js'
import { AmbientUse } from './ambient-use.js'
import { builtin } from './builtin.js'
import { builtinFaces, constructors, type Face, globalFaces, methodFaces, processFaces, staticFaces } from './trapped-names.js'
import type { VirtualFaces } from './virtual-faces.js'

/** The traps of this program. While `current` is null, or no process runs, each trapped function does what it always did. */
export interface Traps {
  current: AmbientGuard | null
}

let installed: Traps | undefined

/**
 * Puts a wrapper around each ambient function, once in a program and for good. Installing early matters: a module that keeps `Date.now` or
 * `setTimeout` for itself when it is loaded keeps what is there then.
 */
export function installTraps(): Traps {
  if (installed !== undefined) return installed
  const traps: Traps = { current: null }
  installed = traps
  const scope = globalThis as unknown as Owner
  for (const [name, face] of globalFaces) wrapMethod(traps, scope, name, name, face)
  for (const name of constructors) wrapConstructor(traps, scope, name)
  wrapDate(traps, scope)
  for (const [owner, name, face] of staticFaces) wrapMethod(traps, scope[owner] as Owner | undefined, name, `${owner}.${name}`, face)
  for (const [owner, name, face] of methodFaces)
    wrapMethod(traps, (scope[owner] as { prototype?: Owner } | undefined)?.prototype, name, shown(owner, name), face)
  const runtime = scope.process as Owner | undefined
  for (const [name, face] of processFaces) wrapMethod(traps, runtime, name, `process.${name}`, face)
  // A first use of these in a process (by `console.log`) would look like a pipe that it opened.
  void runtime?.stdout
  void runtime?.stderr
  for (const [module, faces] of builtinFaces) {
    const exported = builtin(module)
    for (const [name, face] of faces) wrapMethod(traps, exported, name, `${name} of node:${module}`, face)
  }
  const threads = builtin('worker_threads')
  if (threads !== undefined) wrapConstructor(traps, threads, 'Worker')
  keepPromisified(scope)
  builtin('module')?.syncBuiltinESMExports()
  return traps
}

type Owner = Record<PropertyKey, unknown>
type Callable = (...words: unknown[]) => unknown

const shown = (owner: string, name: string): string => (owner === 'Performance' || owner === 'Crypto' ? `${owner.toLowerCase()}.${name}` : `${owner}.${name}`)

/** The wrapper's own properties are those of what it wraps; what hangs below (`process.hrtime.bigint`) is wrapped as well when a face knows it. */
function wrapMethod(traps: Traps, owner: Owner | undefined, name: string, what: string, face: Face): void {
  const descriptor = owner === undefined ? undefined : Object.getOwnPropertyDescriptor(owner, name)
  if (owner === undefined || typeof descriptor?.value !== 'function') return
  const wrapper = wrapperOf(traps, descriptor.value as Callable, what, face)
  for (const [below, deeper] of Object.entries(face.below ?? {})) wrapMethod(traps, wrapper as unknown as Owner, below, `${what}.${below}`, deeper)
  Object.defineProperty(owner, name, { ...descriptor, value: wrapper })
}

function wrapperOf(traps: Traps, real: Callable, what: string, face: Face): Callable {
  function wrapper(this: unknown, ...words: unknown[]): unknown {
    const guard = traps.current
    const life = guard === null ? null : guard.life
    if (guard === null || life === null) return Reflect.apply(real, this, words)
    if (guard.mode === 'virtual' && face.virtual !== undefined) return face.virtual(guard.faces(life), words, real)
    // What only takes away, such as clearTimeout, harms nobody.
    if (face.instead === null) return Reflect.apply(real, this, words)
    throw use(guard, what, face.instead, wrapper)
  }
  for (const key of Reflect.ownKeys(real)) {
    if (key !== 'prototype') Object.defineProperty(wrapper, key, { ...Object.getOwnPropertyDescriptor(real, key), configurable: true })
  }
  return wrapper
}

/** The run fails even where the process catches what is thrown into it. */
function use(guard: AmbientGuard, what: string, instead: string, caller: (...words: never[]) => unknown): AmbientUse {
  const error = new AmbientUse(what, instead, caller)
  guard.failed(error)
  return error
}

/** `Date` without arguments reads the clock; with arguments it only computes. */
function wrapDate(traps: Traps, scope: Owner): void {
  const real = scope.Date as DateConstructor
  const instead = 'use host.clock.monotonic() or host.clock.wallMillis()'
  const realNow = real.now
  const now = wrapperOf(traps, realNow as Callable, 'Date.now()', { instead, virtual: (faces: VirtualFaces) => faces.wallMillis() })
  // The class itself stays as it is, for test runners that kept it.
  const guarded: typeof Date = new Proxy(real, {
    get: (_, key) => (key === 'now' && real.now === realNow ? now : Reflect.get(real, key)),
    apply: (_, that, words) => {
      const guard = traps.current
      const life = guard === null ? null : guard.life
      if (guard === null || life === null) return Reflect.apply(real, that, words)
      if (guard.mode === 'virtual') return new real(guard.faces(life).wallMillis()).toString()
      throw use(guard, 'Date()', instead, use)
    },
    construct: (_, words, target) => {
      const guard = traps.current
      const life = guard === null ? null : guard.life
      if (guard !== null && life !== null && words.length === 0) {
        if (guard.mode === 'virtual') return Reflect.construct(real, [guard.faces(life).wallMillis()], target)
        throw use(guard, 'new Date()', instead, use)
      }
      return Reflect.construct(real, words, target)
    },
  })
  Object.defineProperty(real.prototype, 'constructor', { value: guarded, writable: true, configurable: true, enumerable: false })
  Object.defineProperty(scope, 'Date', { value: guarded, writable: true, configurable: true, enumerable: false })
}

/** Classes that talk to the world. Some are getters that load the class at first use, and stay so. */
function wrapConstructor(traps: Traps, scope: Owner, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(scope, name)
  if (descriptor === undefined || descriptor.configurable === false) return
  let proxy: object | undefined
  const wrapped = (real: unknown): unknown => {
    if (typeof real !== 'function') return real
    proxy ??= new Proxy(real, {
      construct: (target, words, newTarget) => {
        const guard = traps.current
        if (guard !== null && guard.life !== null) throw use(guard, `new ${name}()`, 'use host.net, host.spawn and host.clock', use)
        return Reflect.construct(target, words, newTarget)
      },
    })
    return proxy
  }
  if (descriptor.get === undefined) Object.defineProperty(scope, name, { ...descriptor, value: wrapped(descriptor.value) })
  else {
    const { get, set } = descriptor
    Object.defineProperty(scope, name, {
      ...descriptor,
      get: () => wrapped(get.call(scope)),
      set(value: unknown) {
        if (set !== undefined) set.call(scope, value)
        else Object.defineProperty(scope, name, { value, writable: true, configurable: true, enumerable: descriptor.enumerable === true })
      },
    })
  }
}

/** `promisify(setTimeout)` is the function of `node:timers/promises`, wrapped like it. */
function keepPromisified(scope: Owner): void {
  const promises = builtin('timers/promises')
  if (promises === undefined) return
  const promisified = Symbol.for('nodejs.util.promisify.custom')
  for (const owner of [scope, builtin('timers') as Owner]) {
    for (const name of ['setTimeout', 'setImmediate']) {
      Object.defineProperty(owner[name], promisified, { configurable: true, enumerable: true, get: () => promises[name] })
    }
  }
}
