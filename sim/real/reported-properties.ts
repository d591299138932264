import type { Properties } from '../host/seam.js'
import type { JsonLog } from './json-log.js'

/** Properties of a real host: nobody can end the run, so what is broken is logged as an error, and the process goes on. */
export class ReportedProperties implements Properties {
  constructor(readonly log: JsonLog) {}

  always(name: string, holds: boolean, detail?: object): void {
    if (!holds) this.log.error('property.broken', { property: name, kind: 'always', ...detail })
  }
  /** Counted over many runs; one process cannot miss it. */
  sometimes(): void {}
  reachable(): void {}
  unreachable(name: string, detail?: object): void {
    this.log.error('property.broken', { property: name, kind: 'unreachable', ...detail })
  }
}
