import type { CrashPoints } from '../run/crash-points/crash-points.js'
import { count } from './numbers.js'
import type { Palette } from './palette.js'

/** States that are listed, and failures. */
const mostShown = 12

/** What was tried, what came back, what was wrong. */
export function describeCrashPoints(found: CrashPoints, scenario: string, seconds: number, paint: Palette): string {
  const { host, seed, points, crashes, powerLosses, recovered, failures, isInterrupted } = found
  const verdict = failures.length > 0 ? paint.bad(`✗ ${count(failures.length)} failed`) : isInterrupted ? '– interrupted' : paint.good('✓ all recovered')
  const lines = [
    `${verdict}  ${scenario}  seed ${seed}  ${host}`,
    `  points    ${count(points)}: before every effect of a step, and at its end`,
    `  tried     ${count(crashes + powerLosses)} pairs of a point and an outcome: ${count(crashes)} crashes of the process, ${count(powerLosses)} power losses`,
    `  came back in ${count(recovered.size)} states`,
  ]
  const most = [...recovered].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  for (const [state, times] of most.slice(0, mostShown))
    lines.push(`    ${count(times).padStart(8)}  ${state || '(the system shows nothing of its processes: columns)'}`)
  if (most.length > mostShown) lines.push(`    and ${count(most.length - mostShown)} more`)
  for (const { step, effect, outcome, violation } of failures.slice(0, mostShown)) {
    const where = effect === 0 ? `at the end of step ${count(step)}` : `before effect ${effect} of step ${count(step)}`
    lines.push(`  ${paint.bad('✗')} ${where}, ${outcome}: ${violation.check}: ${violation.message}`)
  }
  if (failures.length > mostShown) lines.push(`  and ${count(failures.length - mostShown)} more`)
  lines.push(`  ${seconds.toFixed(1)} s`)
  return lines.join('\n')
}

/** The same for machines. */
export function crashPointsReport({ recovered, ...found }: CrashPoints, scenario: string, seconds: number): object {
  return { scenario, ...found, recovered: Object.fromEntries(recovered), seconds }
}
