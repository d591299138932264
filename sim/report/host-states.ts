import { baseVersion } from '../host/host-version.js'
import type { HostState } from '../run/report.js'
import type { Palette } from './palette.js'

/** The hosts' states where a run was stopped, for a reader at a terminal. */
export function describeStates(states: readonly HostState[], paint: Palette): string {
  return states
    .map(({ name, status, incarnation, version, waitingFor, process }) => {
      const lines = [`${paint.strong(name)}  ${status}  incarnation ${incarnation}${version === baseVersion ? '' : `  version ${version}`}`]
      for (const wait of waitingFor) lines.push(`  ${paint.faint('waits for')} ${wait}`)
      for (const line of process.split('\n')) if (line.trim() !== '') lines.push(`  ${line}`)
      return lines.join('\n')
    })
    .join('\n')
}
