interface Builtins {
  async_hooks: typeof import('node:async_hooks')
  child_process: Record<string, unknown>
  crypto: Record<string, unknown>
  module: { syncBuiltinESMExports(): void }
  os: Record<string, unknown>
  timers: Record<string, unknown>
  'timers/promises': Record<string, unknown>
  v8: typeof import('node:v8')
  worker_threads: Record<string, unknown>
}

/** One of Node's modules where this is Node (20.16 or later), without an import that a browser could not follow. */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] | undefined {
  const runtime = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process
  return runtime?.getBuiltinModule?.(`node:${name}`) as Builtins[N] | undefined
}
