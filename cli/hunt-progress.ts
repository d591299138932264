import { describeFound, describeHunt, type HuntPace, paceLine } from '../sim/report/hunt-progress-text.js'
import type { Campaign, CampaignResult } from '../sim/run/campaign/campaign.js'
import type { CampaignRequest } from '../sim/run/campaign/campaign-file.js'
import type { FailureTotals } from '../sim/run/campaign/failure-totals.js'
import { isUnmet } from '../sim/run/campaign/scenario-totals.js'
import type { Terminal } from './terminal.js'

/** How fast a hunt was: of this machine, and no result. */
export interface HuntRates {
  readonly jobs: number
  readonly wallSeconds: number
  /** Of all workers together, while they ran seeds. */
  readonly busySeconds: number
  readonly seeds: number
  readonly seedsPerSecond: number
  readonly stepsPerSecond: number
  /** Virtual seconds for each of wall time. */
  readonly virtualPerWall: number
}

const liveEveryMillis = 250
const plainEveryMillis = 10_000

/** What a hunt says while it runs, on standard error: a line that is written over and over where a person looks, a plain line now and then elsewhere. */
export class HuntProgress {
  readonly #terminal: Terminal
  readonly #asked: CampaignRequest
  readonly #isJson: boolean
  readonly #isLive: boolean
  #campaign: Campaign | null = null
  #timer: ReturnType<typeof setInterval> | null = null
  #beganAt = performance.now()
  #seeds = 0
  #steps = 0
  #virtualMillis = 0
  #lineLength = 0

  constructor(terminal: Terminal, asked: CampaignRequest, isJson: boolean) {
    this.#terminal = terminal
    this.#asked = asked
    this.#isJson = isJson
    this.#isLive = terminal.isLive === true
  }

  begin(campaign: Campaign, { jobs, folder, notes }: { readonly jobs: number; readonly folder: string; readonly notes: readonly string[] }): void {
    this.#campaign = campaign
    this.#beganAt = performance.now()
    if (!this.#isJson) this.#terminal.out(describeHunt(this.#asked, { jobs, folder, notes }, this.#terminal.paint))
    this.#timer = setInterval(() => this.#show(), this.#isLive ? liveEveryMillis : plainEveryMillis)
  }

  /** What is behind a hunt that goes on was told of when it was found. */
  settled({ item, result }: CampaignResult, failure: FailureTotals | null): void {
    if (this.#campaign === null) return
    this.#seeds++
    this.#steps += result.steps
    this.#virtualMillis += result.virtualMillis
    if (failure === null || failure.count > 1) return
    this.#clear()
    this.#terminal.error(describeFound(this.#asked.scenarios[item.scenario]?.scenario ?? '', failure, this.#terminal.paint))
  }

  /** What a scenario itself writes must not end up among the results. */
  print(text: string): void {
    this.#clear()
    this.#terminal.error(text.trimEnd())
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#clear()
  }

  rates(jobs: number, busyMillis: number): HuntRates {
    const { wallSeconds, seedsPerSecond, stepsPerSecond, virtualPerWall } = this.#pace()
    return { jobs, wallSeconds, busySeconds: busyMillis / 1_000, seeds: this.#seeds, seedsPerSecond, stepsPerSecond, virtualPerWall }
  }

  #pace(): HuntPace {
    const wallSeconds = Math.max(0.001, (performance.now() - this.#beganAt) / 1_000)
    const totals = this.#campaign?.totals ?? []
    return {
      wallSeconds,
      seedsPerSecond: this.#seeds / wallSeconds,
      stepsPerSecond: this.#steps / wallSeconds,
      virtualPerWall: this.#virtualMillis / 1_000 / wallSeconds,
      done: totals.reduce((sum, { runs }) => sum + runs, 0),
      size: this.#campaign?.size ?? null,
      failed: totals.reduce((sum, { failed }) => sum + failed, 0),
      failures: totals.reduce((sum, { failures }) => sum + failures.size, 0),
      unmet: totals.reduce((sum, each, i) => sum + each.properties(this.#asked.scenarios[i]?.mustMeet).filter(isUnmet).length, 0),
    }
  }

  #show(): void {
    const line = paceLine(this.#pace())
    if (!this.#isLive) {
      this.#terminal.error(line)
      return
    }
    const shown = line.slice(0, this.#terminal.width - 1)
    this.#terminal.live?.(`\r${shown.padEnd(this.#lineLength)}`)
    this.#lineLength = shown.length
  }

  #clear(): void {
    if (this.#lineLength > 0) this.#terminal.live?.(`\r${' '.repeat(this.#lineLength)}\r`)
    this.#lineLength = 0
  }
}
