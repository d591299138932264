import { type CampaignFile, type CampaignScenario, type Shortcoming, shortcomingsOf } from '../run/campaign/campaign-file.js'
import type { FailureTotals } from '../run/campaign/failure-totals.js'
import { type FaultTotals, idleKinds, placelessKinds } from '../run/campaign/fault-totals.js'
import { Histogram } from '../run/campaign/histogram.js'
import { isUnmet, type PropertyTotals, type ScenarioTotals } from '../run/campaign/scenario-totals.js'
import type { SeedOutcome } from '../run/campaign/seed-result.js'
import { histogramLine, measured } from './histogram-line.js'
import { firstLine } from './hunt-progress-text.js'
import { count, moment } from './numbers.js'
import type { Palette } from './palette.js'
import { wrapped } from './run-header.js'

/** Commands that make a failure again, by what they do: `replay`, `again`. */
export type FailureCommands = (scenario: CampaignScenario, failure: FailureTotals) => Readonly<Record<string, string>>

/** The commands, and where a property is stated, when somebody knows. */
export interface CampaignSurroundings {
  readonly commands: FailureCommands
  readonly placeOf?: (scenario: string, property: string) => string | undefined
}

/** Where the property is stated that was not met; undefined when nobody knows, or no property is meant. */
export function statedAt({ scenario, property }: Shortcoming, { placeOf }: CampaignSurroundings): string | undefined {
  return property === undefined ? undefined : placeOf?.(scenario, property)
}

/** The whole result for people: for each scenario what failed, what its faults did, what was met and measured. */
export function describeCampaign(file: CampaignFile, around: CampaignSurroundings, paint: Palette): string {
  const blocks = file.asked.scenarios.map((scenario, i) => describeScenario(scenario, file.totals[i] as ScenarioTotals, around, paint))
  const missing = shortcomingsOf(file)
  if (missing.length > 0) blocks.push(missing.map(({ scenario, text }) => paint.bad(`✗ ${scenario}: ${text}`)).join('\n'))
  return blocks.join('\n\n')
}

function describeScenario(asked: CampaignScenario, totals: ScenarioTotals, around: CampaignSurroundings, paint: Palette): string {
  const data = totals.toJSON()
  const { runs, failed } = totals
  if (runs === 0) return `${paint.bad('✗ nothing was run')}  ${paint.strong(asked.scenario)}  0 seeds`
  const verdict = failed === 0 ? paint.good('✓ all passed') : paint.bad(`✗ ${count(failed)} failed`)
  const lines = [
    `${verdict}  ${paint.strong(asked.scenario)}  ${count(runs)} ${runs === 1 ? 'seed' : 'seeds'}: ${describeRanges(data.ranges)}`,
    ...wrapped('ran', [`${count(data.steps)} steps, ${count(Math.round(data.virtualMillis / 1_000))} s of virtual time`, `digest ${data.digest}`], paint),
    ...wrapped('outcomes', describeOutcomes(data.outcomes), paint),
  ]
  for (const failure of data.failures) lines.push(...describeFailure(asked, failure, around.commands, paint))
  lines.push(...faultTable(data.faults, totals, paint))
  lines.push(...statisticsTable(totals, data.statistics, paint))
  lines.push(...measurementLines(data.measurements, paint))
  const properties = totals.properties(asked.mustMeet)
  const unmet = properties.filter(isUnmet)
  if (properties.length > 0) lines.push(...wrapped('met', [`${count(properties.length - unmet.length)} of ${count(properties.length)} properties`], paint))
  lines.push(...unmet.flatMap((property) => wrapped('never', [describeUnmet(property, runs, around.placeOf?.(asked.scenario, property.name))], paint)))
  lines.push(...findings(asked, totals, data.faults, paint))
  return lines.join('\n')
}

const shownRanges = 4

function describeRanges(ranges: readonly (readonly [number, number])[]): string {
  const shown = ranges.slice(0, shownRanges).map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`))
  return [...shown, ...(ranges.length > shownRanges ? ['…'] : [])].join(', ')
}

function describeOutcomes(outcomes: Readonly<Partial<Record<SeedOutcome, number>>>): string[] {
  return Object.entries(outcomes).map(([outcome, times]) => `${count(times)} ${outcome}`)
}

const shownSeeds = 12

function describeFailure(asked: CampaignScenario, failure: FailureTotals, commands: FailureCommands, paint: Palette): string[] {
  const { outcome, check, fingerprint, count: times, seeds, kept } = failure
  const named = `${seeds.slice(0, shownSeeds).join(' ')}${times > Math.min(shownSeeds, seeds.length) ? ' …' : ''}`
  const at = kept.step === 0 ? '' : `  step ${count(kept.step)} at ${moment(kept.at)}`
  return [
    `  ${paint.bad(`✗ ${outcome}`)}  ${paint.bad(check)}  ${count(times)} ${times === 1 ? 'seed' : 'seeds'}: ${named}  ${paint.faint(fingerprint)}`,
    `      ${firstLine(kept.message)}`,
    `      ${paint.faint(`seed ${kept.seed}${times > 1 && kept.steps > 0 ? ', the shortest' : ''}${kept.host === null ? '' : `  on ${kept.host}`}${at}`)}`,
    ...Object.entries(commands(asked, failure)).map(([name, command]) => `      ${paint.faint(name.padEnd(8))}${paint.strong(command)}`),
  ]
}

function faultTable(faults: readonly FaultTotals[], totals: ScenarioTotals, paint: Palette): string[] {
  if (faults.length === 0) return []
  const cells = (kind: string, ...values: readonly string[]) => `    ${kind.padEnd(28)}${values.map((value) => value.padStart(11)).join('')}`
  const rows = faults.map(({ kind, drawnIn, armedIn, actedIn, injections, heldBack, opportunities }) => {
    const held = heldBack === 0 ? '-' : `${((100 * heldBack) / Math.max(1, opportunities)).toFixed(1)}%`
    return cells(kind, count(drawnIn), count(armedIn), count(actedIn), count(injections), count(totals.median(kind)), held)
  })
  return [paint.faint(cells('kind of fault', 'drawn in', 'armed in', 'acted in', 'injections', 'median', 'held back')), ...rows]
}

function statisticsTable(totals: ScenarioTotals, statistics: ReturnType<ScenarioTotals['toJSON']>['statistics'], paint: Palette): string[] {
  const names = Object.keys(statistics)
  if (names.length === 0) return []
  const number = measured('number')
  const rows = names.map((name) => `    ${name.padEnd(34)}${number(totals.median(name)).padStart(16)}${number(totals.total(name)).padStart(16)}`)
  return [paint.faint(`    ${'counted'.padEnd(34)}${'median of a run'.padStart(16)}${'total'.padStart(16)}`), ...rows]
}

function measurementLines(measurements: ReturnType<ScenarioTotals['toJSON']>['measurements'], paint: Palette): string[] {
  const lines = Object.entries(measurements).flatMap(([name, { unit, histogram }]) => {
    if (histogram.count === 0) return []
    const show = measured(unit)
    const values = Histogram.from(histogram)
    const columns = [values.quantile(500), values.quantile(990), histogram.greatest].map((value) => show(value).padStart(12)).join('')
    return `    ${name.padEnd(24)}${count(histogram.count).padStart(12)}${columns}  ${histogramLine(histogram, show)}`
  })
  if (lines.length === 0) return []
  return [paint.faint(`    ${'measured'.padEnd(24)}${'times'.padStart(12)}${['p50', 'p99', 'max'].map((name) => name.padStart(12)).join('')}`), ...lines]
}

function describeUnmet({ name, kind, reached, runs: statedIn }: PropertyTotals, runs: number, place: string | undefined): string {
  const times = statedIn === 0 ? 'never reached' : `asked ${count(reached)} ${reached === 1 ? 'time' : 'times'} and never true`
  return `'${name}' (${kind}${place === undefined ? '' : `, ${place}`}): ${times} in ${count(runs)} ${runs === 1 ? 'run' : 'runs'}`
}

function findings({ neverArmed }: CampaignScenario, { crashesInside }: ScenarioTotals, faults: readonly FaultTotals[], paint: Palette): string[] {
  const [idle, placeless] = [idleKinds(faults), placelessKinds(faults)]
  return [
    ...(crashesInside === null ? [] : wrapped('crashes', [`${(100 * crashesInside).toFixed(1)}% fell between two effects of a step`], paint)),
    ...(idle.length === 0 ? [] : wrapped('idle', [...idle, '(armed, and acted in no run)'], paint)),
    ...(placeless.length === 0 ? [] : wrapped('placeless', [...placeless, '(drawn, and met no place of their own)'], paint)),
    ...describeNeverArmed(neverArmed, paint),
  ]
}

/** By what stands against them; what somebody chose to leave out is counted only. */
function describeNeverArmed(kinds: readonly string[], paint: Palette): string[] {
  const byReason = new Map<string, string[]>()
  for (const text of kinds) {
    const [, kind = text, reason = ''] = /^(\S+) \((.*)\)$/.exec(text) ?? []
    byReason.set(reason, [...(byReason.get(reason) ?? []), kind])
  }
  const items = [...byReason].map(([reason, of]) =>
    chosen.has(reason) ? `${count(of.length)} ${of.length === 1 ? 'kind' : 'kinds'} (${reason})` : `${of.join(', ')} (${reason})`,
  )
  return wrapped('unarmed', items, paint)
}
const chosen: ReadonlySet<string> = new Set(['faults.kinds', '--faults', '--no-fault'])
