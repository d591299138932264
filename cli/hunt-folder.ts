import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { makeFolder } from '../sim/real/make-folder.js'
import type { CampaignResult } from '../sim/run/campaign/campaign.js'
import { type CampaignFile, type CampaignRequest, campaignJson } from '../sim/run/campaign/campaign-file.js'
import { type JournalEntry, journalLine, parseJournal } from '../sim/run/campaign/journal.js'
import { CampaignFileError, parseCampaign } from '../sim/run/campaign/parse-campaign.js'
import { ScenarioTotals } from '../sim/run/campaign/scenario-totals.js'
import { BadInput } from './bad-input.js'
import { HuntLock } from './hunt-lock.js'

/** After so many lines of the journal the totals are written anew, and the journal begins again: it stays small however long a hunt is. */
const linesBetweenSnapshots = 1_000

const failures = 'failures'
const snapshotName = 'hunt.json'
const journalName = 'journal.jsonl'
const lockName = 'hunt.lock'

/**
 * A hunt's folder: `hunt.json`, the totals; `journal.jsonl`, a line for each seed that finished since they were written; `failures/`, the replay of each
 * failure. Whenever the hunt is killed, these hold every seed that had finished.
 */
export class HuntFolder {
  #journal: number | null = null
  #lines = 0
  #held: HuntLock | null = null

  /** `name`: relative to the folder in which the command runs, for people. */
  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  static in(folder: string, name: string): HuntFolder {
    return new HuntFolder(name, path.resolve(folder, name))
  }

  /**
   * A hunt from its beginning. The very same hunt that an earlier one here came to the end of is made anew; what any other found stays. Throws `BadInput` then,
   * when nothing can be written, or when something else is here.
   */
  begin(asked: CampaignRequest): void {
    this.#writing(() => {
      makeFolder(this.path)
      this.#lock()
    })
    try {
      if (existsSync(this.#at(snapshotName))) this.#mustBeDoneWith(asked)
      this.#writing(() => {
        if (existsSync(this.#at(snapshotName))) for (const old of [snapshotName, journalName, failures]) rmSync(this.#at(old), { recursive: true, force: true })
        this.#snapshot({ asked, isComplete: false, totals: asked.scenarios.map(() => new ScenarioTotals()) }, [])
      })
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** Whether what an earlier hunt left may go: nothing is lost by it that this one does not find again. */
  #mustBeDoneWith(asked: CampaignRequest): void {
    const { file, entries } = this.#read()
    if (file.totals.every(({ runs }) => runs === 0) && entries.length === 0) return
    const another = 'choose another with --artifacts DIR, or remove it'
    if (!file.isComplete) throw new BadInput(`${this.name} holds a hunt that was interrupted: go on with it by --resume ${this.name}, or ${another}`)
    if (!isDeepStrictEqual(choicesOf(file.asked), choicesOf(asked)))
      throw new BadInput(`${this.name} holds what another hunt found, which was asked for other seeds, runs or faults: ${another}`)
  }

  /** What an interrupted hunt left: its totals, and the results that are not in them yet. */
  read(): { file: CampaignFile; entries: JournalEntry[] } {
    if (!existsSync(this.#at(snapshotName))) throw new BadInput(`${this.name} is not the directory of a hunt: there is no ${snapshotName} in it`)
    this.#writing(() => this.#lock())
    try {
      return this.#read()
    } catch (error) {
      this.end()
      throw error
    }
  }

  #read(): { file: CampaignFile; entries: JournalEntry[] } {
    const parsed = <T>(name: string, parse: (text: string) => T): T => {
      try {
        return parse(readFileSync(this.#at(name), 'utf8'))
      } catch (error) {
        if (error instanceof CampaignFileError) throw new BadInput(`${path.join(this.name, name)} ${error.message}`)
        throw error
      }
    }
    return { file: parsed(snapshotName, parseCampaign), entries: existsSync(this.#at(journalName)) ? parsed(journalName, parseJournal) : [] }
  }

  /** Writes the replay of a failure, whole or not at all; answers its name in this folder, null when there is no text and no file of before. */
  keepReplay({ result, replay }: CampaignResult, scenario: string): string | null {
    const name = `${failures}/${scenario}-${result.failure?.fingerprint}.json`.replace(/[^A-Za-z0-9._/-]+/g, '_')
    if (replay === undefined) return existsSync(this.#at(name)) && result.traceHash !== '' ? name : null
    return this.#writing(() => {
      makeFolder(this.#at(failures))
      this.#replace(name, replay)
      return name
    })
  }

  /** A seed has finished. */
  record(entry: JournalEntry): void {
    this.#writing(() => {
      this.#journal ??= openSync(this.#at(journalName), 'a')
      writeSync(this.#journal, journalLine(entry))
      this.#lines++
    })
  }

  get needsSnapshot(): boolean {
    return this.#lines >= linesBetweenSnapshots
  }

  /** The totals so far, and what waits to become part of them. */
  snapshot(file: CampaignFile, waiting: readonly JournalEntry[] = []): void {
    this.#writing(() => this.#snapshot(file, waiting))
  }

  close(): void {
    if (this.#journal !== null) closeSync(this.#journal)
    this.#journal = null
  }

  /** The hunt is over: another may run here. */
  end(): void {
    this.close()
    this.#held?.release()
    this.#held = null
  }

  #lock(): void {
    const lock = HuntLock.take(this.#at(lockName))
    if (!(lock instanceof HuntLock))
      throw new BadInput(
        `${this.name} is in use: the hunt of process ${lock.heldBy} runs in it; choose another with --artifacts, or remove ${path.join(this.name, lockName)} if that process is none`,
      )
    this.#held = lock
  }

  /** First the totals, then the journal: a seed that is in both counts once. */
  #snapshot(file: CampaignFile, waiting: readonly JournalEntry[]): void {
    this.#replace(snapshotName, `${JSON.stringify(campaignJson(file), null, 1)}\n`)
    this.close()
    if (waiting.length > 0) this.#replace(journalName, waiting.map(journalLine).join(''))
    else rmSync(this.#at(journalName), { force: true })
    this.#lines = waiting.length
  }

  #replace(name: string, text: string): void {
    const file = this.#at(name)
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }

  #at(name: string): string {
    return path.join(this.path, name)
  }

  #writing<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      if (error instanceof BadInput) throw error
      throw new BadInput(`${this.name} cannot be written: ${(error as Error).message}; say with --artifacts where a hunt may keep what it finds`)
    }
  }
}

/**
 * What decides which runs are made, as JSON has it. What follows from the code, and is not asked for, may be another after a repair; what is required of the runs
 * changes none of them.
 */
function choicesOf(asked: CampaignRequest): unknown {
  const scenarios = asked.scenarios.map(({ mustMeet: _, neverArmed: __, ...chosen }) => chosen)
  return JSON.parse(JSON.stringify({ ...asked, scenarios, requiresSometimes: false, requiresActed: false }))
}
