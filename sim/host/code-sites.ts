import type { Incarnation } from './incarnation.js'
import type { FailpointErrors } from './seam.js'

/** Decides what happens at the sites that processes name inside their code. */
export interface CodeSites {
  maybe(life: Incarnation, site: string): boolean
  failpoint(life: Incarnation, site: string, errors: FailpointErrors): Promise<void>
}
