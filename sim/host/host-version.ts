import type { Host } from './seam.js'

/** One version of the code and options that a machine may run. */
export interface HostVersion {
  readonly name: string
  boot(host: Host): unknown
  readonly config: unknown
}

/** The name of a role's own `boot` and `config` among its versions. */
export const baseVersion = 'base'
