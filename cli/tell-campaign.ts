import path from 'node:path'
import { type CampaignSurroundings, describeCampaign, type FailureCommands } from '../sim/report/campaign-report.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { githubAnnotations } from '../sim/report/github-annotations.js'
import { rate } from '../sim/report/hunt-progress-text.js'
import { junitXml } from '../sim/report/junit.js'
import { count } from '../sim/report/numbers.js'
import { type CampaignFile, campaignJson, isGood } from '../sim/run/campaign/campaign-file.js'
import { type PropertyCatalogue, placesOf } from '../sim/run/catalogue/catalogue.js'
import { BadInput } from './bad-input.js'
import { againWords } from './fault-choice.js'
import type { HuntRates } from './hunt-progress.js'
import { catalogueFor } from './properties-command.js'
import { writeText } from './replay-file.js'
import type { Terminal } from './terminal.js'

/** How a result is told. */
export interface Telling {
  /** What replay files are relative to; empty for merged results, which name theirs in full. */
  readonly folder: string
  readonly isInterrupted?: boolean
  readonly rates?: HuntRates
  readonly json?: boolean
  readonly junit?: string
}

/** Prints a campaign's result as text or JSON, writes its JUnit file, annotates a workflow of GitHub's. Answers the exit code. */
export function tellCampaign(file: CampaignFile, { folder, isInterrupted = false, rates, json, junit }: Telling, terminal: Terminal): ExitCode {
  const exitCode = isInterrupted ? exitCodes.interrupted : isGood(file) ? exitCodes.passed : exitCodes.violation
  const replayOf = (replay: string | null): string | null => (replay === null ? null : path.join(folder, replay))
  const commands: FailureCommands = ({ scenario, file: scenarioFile, durationNanos, ...choice }, { kept }) => {
    const replay = replayOf(kept.replay)
    const subject = scenarioFile === undefined ? [scenario] : ['run', scenarioFile]
    return {
      ...(replay === null ? {} : { replay: `${terminal.program} replay ${replay}` }),
      again: `${terminal.program} ${againWords(subject, String(kept.seed), choice, durationNanos).join(' ')}`,
    }
  }
  const around: CampaignSurroundings = { commands, placeOf: placesIn(file, terminal) }
  // GitHub reads both streams; standard output stays one JSON object.
  const annotate = (print: (line: string) => void): void => {
    if (process.env.GITHUB_ACTIONS === 'true') for (const line of githubAnnotations(file, around)) print(line)
  }
  // What was found is told whether it can be written or not.
  const write = (): void => {
    if (junit !== undefined) writeText(junit, terminal.folder, junitXml(file, around))
  }
  if (json === true) {
    const shown = campaignJson(file)
    const failures = file.asked.scenarios.flatMap((asked, i) =>
      (file.totals[i]?.failures.list() ?? []).map((failure) => ({
        scenario: asked.scenario,
        fingerprint: failure.fingerprint,
        outcome: failure.outcome,
        check: failure.check,
        seeds: failure.count,
        seed: failure.kept.seed,
        replay: replayOf(failure.kept.replay),
        commands: commands(asked, failure),
      })),
    )
    annotate(terminal.error)
    terminal.out(JSON.stringify({ ...shown, exitCode, isInterrupted, folder, failures, ...(rates === undefined ? {} : { rates }) }))
    write()
    return exitCode
  }
  terminal.out(`\n${describeCampaign(file, around, terminal.paint)}`)
  if (rates !== undefined) terminal.out(`\n${describeRates(rates)}`)
  if (isInterrupted) terminal.out(`${terminal.paint.bad('✗ interrupted')}: ${terminal.program} hunt --resume ${folder} goes on`)
  annotate(terminal.out)
  write()
  return exitCode
}

/** Where the sources of a scenario state a property; read at the first one that was never met. */
function placesIn({ asked }: CampaignFile, { folder }: Terminal): (scenario: string, property: string) => string | undefined {
  const catalogues = new Map<string, PropertyCatalogue | null>()
  return (scenario, property) => {
    let catalogue = catalogues.get(scenario)
    if (catalogue === undefined) {
      const file = asked.scenarios.find((one) => one.scenario === scenario)?.file
      catalogue = catalogueIn(file ?? scenario, folder)
      catalogues.set(scenario, catalogue)
    }
    return catalogue === null ? undefined : placesOf(catalogue, property).join(', ') || undefined
  }
}

/** null: results of another machine may name files that are not here. */
function catalogueIn(name: string, folder: string): PropertyCatalogue | null {
  try {
    return catalogueFor(name, folder)
  } catch (error) {
    if (error instanceof BadInput) return null
    throw error
  }
}

function describeRates({ jobs, wallSeconds, seedsPerSecond, stepsPerSecond, virtualPerWall }: HuntRates): string {
  return `${jobs} ${jobs === 1 ? 'thread' : 'threads'}, ${count(Math.round(wallSeconds * 10) / 10)} s: ${rate(seedsPerSecond)} seeds/s, ${rate(stepsPerSecond)} steps/s, ${rate(virtualPerWall)} s of virtual time a second`
}
