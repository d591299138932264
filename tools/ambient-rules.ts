/** Where a run's determinism is made, and where the code runs that it must hold for. */
export const guardedFolders: readonly string[] = [
  'systems',
  'invariants',
  'scenarios',
  'sim/kernel',
  'sim/host',
  'sim/net',
  'sim/disk',
  'sim/faults',
  'sim/check',
]

const clock = 'use host.clock.monotonic() or host.clock.wallMillis()'
const timer = 'use host.clock.timer, host.clock.every or host.clock.sleep'
const random = 'use host.random'
const net = 'use host.net'
const work = 'use host.spawn; the simulation owns the order of tasks'
const rounded = 'engines round it differently; use integers or a table'
const language = "depends on the machine's language; compare by code unit, format by hand"
const collected = 'depends on when garbage is collected'

/**
 * What must not be used, and what to use instead. `Math.random` is a member of an ambient name, `.localeCompare` a method of any library type.
 */
export const ambientNames: ReadonlyMap<string, string> = new Map([
  ['Date', clock],
  ['performance', clock],
  ['Temporal', clock],
  ['Math.random', random],
  ['crypto', random],
  ['Crypto', random],
  ['setTimeout', timer],
  ['setInterval', timer],
  ['setImmediate', timer],
  ['clearTimeout', timer],
  ['clearInterval', timer],
  ['clearImmediate', timer],
  ['requestAnimationFrame', timer],
  ['AbortSignal.timeout', timer],
  ['fetch', net],
  ['WebSocket', net],
  ['EventSource', net],
  ['XMLHttpRequest', net],
  ['BroadcastChannel', net],
  ['MessageChannel', work],
  ['Worker', work],
  ['SharedArrayBuffer', work],
  ['Atomics', work],
  ['console', 'use host.log'],
  ['process', 'use host.config for what comes from outside, host.exit to die'],
  ['Buffer', 'use Uint8Array and DataView, TextEncoder and TextDecoder'],
  ['globalThis', 'reach the world through the host'],
  ['global', 'reach the world through the host'],
  ['require', 'import it'],
  ['__dirname', 'use host.disk'],
  ['__filename', 'use host.disk'],
  ['localStorage', 'use host.disk'],
  ['eval', 'its code cannot be checked'],
  ['Function', 'its code cannot be checked'],
  ['WeakRef', collected],
  ['FinalizationRegistry', collected],
  ['Intl', language],
  ['.localeCompare', language],
  ['.toLocaleString', language],
  ['.toLocaleLowerCase', language],
  ['.toLocaleUpperCase', language],
  ['.toLocaleDateString', language],
  ['.toLocaleTimeString', language],
  ...[
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'atan2',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
    'exp',
    'expm1',
    'log',
    'log2',
    'log10',
    'log1p',
    'pow',
    'cbrt',
    'hypot',
  ].map((name): [string, string] => [`Math.${name}`, rounded]),
])

/** Node's modules, by their names without `node:`. */
export const ambientModules: ReadonlyMap<string, string> = new Map([
  ['fs', 'use host.disk'],
  ['fs/promises', 'use host.disk'],
  ['net', net],
  ['dgram', net],
  ['tls', net],
  ['http', net],
  ['https', net],
  ['http2', net],
  ['dns', net],
  ['crypto', random],
  ['timers', timer],
  ['timers/promises', timer],
  ['perf_hooks', clock],
  ['os', 'use host.config'],
  ['process', 'use host.config for what comes from outside, host.exit to die'],
  ['buffer', 'use Uint8Array and DataView'],
  ['events', 'call a function; an emitter is not needed'],
  ['async_hooks', work],
  ['child_process', work],
  ['cluster', work],
  ['worker_threads', work],
  ['stream', 'use an async iterator'],
  ['path', 'join by `/`'],
  ['util', 'write the few lines'],
  ['zlib', 'reach it through a package that runs in a browser too'],
  ['v8', 'copy by hand'],
  ['vm', 'its code cannot be checked'],
  ['assert', 'use host.check, or throw Misuse'],
])

/** A use that is right where it is. One that is not needed any more is refused as well. */
export interface AmbientException {
  readonly file: string
  readonly name: string
  readonly why: string
}

export const ambientExceptions: readonly AmbientException[] = [
  { file: 'sim/kernel/drain.ts', name: 'globalThis', why: 'finds out how this engine drains microtasks' },
  { file: 'sim/kernel/drain.ts', name: 'MessageChannel', why: 'a macrotask in a browser' },
  { file: 'sim/kernel/drain.ts', name: 'performance', why: 'yields to the real event loop every few milliseconds, invisibly to the trace' },
  { file: 'sim/check/shared-states.ts', name: 'SharedArrayBuffer', why: 'threads of the model checker add to one set; no simulation runs there' },
  { file: 'sim/check/shared-states.ts', name: 'Atomics', why: 'threads of the model checker add to one set, and nothing hangs on which is first' },
  { file: 'sim/check/level-search.ts', name: 'SharedArrayBuffer', why: 'threads of the model checker tell each other how far they are' },
  { file: 'sim/check/level-search.ts', name: 'Atomics', why: 'threads of the model checker tell each other how far they are' },
  { file: 'systems/kv/store.ts', name: 'openDirectories', why: 'kept by host, each of which is one life: no other host sees it, nor a later run' },
]
