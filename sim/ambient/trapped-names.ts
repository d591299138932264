import type { VirtualFaces } from './virtual-faces.js'

/** How one ambient function looks to a process. */
export interface Face {
  /** What to use instead; null: it may be used. */
  readonly instead: string | null
  /** What it does in virtual mode; without it, it is trapped there too. */
  readonly virtual?: (faces: VirtualFaces, words: readonly unknown[], real: (...words: unknown[]) => unknown) => unknown
  /** Functions that are its properties. */
  readonly below?: Readonly<Record<string, Face>>
}

type Named = readonly (readonly [name: string, face: Face])[]
type Owned = readonly (readonly [owner: string, name: string, face: Face])[]

const clock = 'use host.clock.monotonic() or host.clock.wallMillis()'
const timer = 'use host.clock.timer, host.clock.every or host.clock.sleep'
const random = 'use host.random'
const network = 'use host.net'
const machine = 'use host.config for what comes from outside'
const thread = 'another thread answers it when the machine likes; use a synchronous function'

const setTimeout: Face = { instead: timer, virtual: (faces, [call, delay, ...words]) => faces.timers.timeout(call, delay, words) }
const setInterval: Face = { instead: timer, virtual: (faces, [call, delay, ...words]) => faces.timers.interval(call, delay, words) }
const setImmediate: Face = { instead: timer, virtual: (faces, [call, ...words]) => faces.timers.immediate(call, words) }
const clear: Face = {
  instead: null,
  virtual: (faces, [timer], real) => {
    if (!faces.timers.clear(timer)) real(timer)
  },
}

const timers: Named = [
  ['setTimeout', setTimeout],
  ['setInterval', setInterval],
  ['setImmediate', setImmediate],
  ['clearTimeout', clear],
  ['clearInterval', clear],
  ['clearImmediate', clear],
]

/** Functions of the global scope. */
export const globalFaces: Named = [...timers, ['fetch', { instead: network }]]

/** Classes of the global scope. */
export const constructors: readonly string[] = ['WebSocket', 'EventSource', 'XMLHttpRequest', 'BroadcastChannel', 'MessageChannel', 'Worker']

export const staticFaces: Owned = [
  ['Math', 'random', { instead: random, virtual: (faces) => faces.random.float() }],
  ['AbortSignal', 'timeout', { instead: `${timer}, and an AbortController`, virtual: (faces, [delay]) => faces.timers.abortAfter(delay) }],
]

/** Methods that live on a prototype: whoever holds the object meets the trap. */
export const methodFaces: Owned = [
  ['Performance', 'now', { instead: clock, virtual: (faces) => faces.monotonicMillis() }],
  ['Performance', 'mark', { instead: clock }],
  ['Performance', 'measure', { instead: clock }],
  ['Crypto', 'getRandomValues', { instead: random, virtual: (faces, [array]) => faces.fill(array as ArrayBufferView) }],
  ['Crypto', 'randomUUID', { instead: random, virtual: (faces) => faces.uuid() }],
  ...['decrypt', 'deriveBits', 'deriveKey', 'digest', 'encrypt', 'exportKey', 'generateKey', 'importKey', 'sign', 'unwrapKey', 'verify', 'wrapKey'].map(
    (name): [string, string, Face] => ['SubtleCrypto', name, { instead: thread }],
  ),
]

const nanosOf = (faces: VirtualFaces): [number, number] => [Math.floor(faces.monotonic() / 1e9), faces.monotonic() % 1e9]

export const processFaces: Named = [
  [
    'hrtime',
    {
      instead: clock,
      virtual: (faces, [since]) => {
        const [seconds, nanos] = nanosOf(faces)
        if (!Array.isArray(since)) return [seconds, nanos]
        const [before, rest] = since as [number, number]
        return nanos < rest ? [seconds - before - 1, nanos - rest + 1e9] : [seconds - before, nanos - rest]
      },
      below: { bigint: { instead: clock, virtual: (faces) => BigInt(faces.monotonic()) } },
    },
  ],
  ['uptime', { instead: clock, virtual: (faces) => faces.monotonic() / 1e9 }],
  ['cpuUsage', { instead: machine }],
  ['resourceUsage', { instead: machine }],
  ['memoryUsage', { instead: machine, below: { rss: { instead: machine } } }],
  ['exit', { instead: 'use host.exit' }],
]

/** Exports of Node's modules. */
export const builtinFaces: readonly (readonly [module: 'child_process' | 'crypto' | 'os' | 'timers' | 'timers/promises', faces: Named])[] = [
  ['timers', timers],
  [
    'timers/promises',
    [
      ['setTimeout', { instead: timer, virtual: (faces, [delay, value, options]) => faces.timers.elapsed(delay, value, options) }],
      ['setImmediate', { instead: timer, virtual: (faces, [value, options]) => faces.timers.elapsed(0, value, options) }],
      ['setInterval', { instead: timer }],
    ],
  ],
  [
    'crypto',
    [
      ['randomBytes', { instead: random, virtual: (faces, [size, answer]) => faces.bytes(size, answer) }],
      ['randomFillSync', { instead: random, virtual: (faces, [array, offset, size]) => faces.fill(array as ArrayBufferView, offset, size) }],
      ['randomFill', { instead: random }],
      ['randomInt', { instead: random, virtual: (faces, words) => faces.integer(words) }],
      ['randomUUID', { instead: random, virtual: (faces) => faces.uuid() }],
      ['getRandomValues', { instead: random, virtual: (faces, [array]) => faces.fill(array as ArrayBufferView) }],
    ],
  ],
  // Programs that are not waited for are seen as real input and output.
  ['child_process', ['execSync', 'execFileSync', 'spawnSync'].map((name) => [name, { instead: machine }] as const)],
  [
    'os',
    [
      ['uptime', { instead: clock, virtual: (faces) => faces.monotonic() / 1e9 }],
      ['freemem', { instead: machine }],
      ['loadavg', { instead: machine }],
    ],
  ],
]
