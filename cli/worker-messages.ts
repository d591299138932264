import type { CampaignItem } from '../sim/run/campaign/campaign.js'
import type { CampaignScenario } from '../sim/run/campaign/campaign-file.js'
import type { SeedResult } from '../sim/run/campaign/seed-result.js'

/** What a worker begins with. */
export interface WorkerOrder {
  readonly scenarios: readonly CampaignScenario[]
  /** That file names are relative to. */
  readonly folder: string
  /** Two 32-bit words that the worker writes and the pool reads, also while the worker is deaf. */
  readonly words: SharedArrayBuffer
}

/** The position of the item that runs, -1 between two. */
export const runningWord = 0
/** Counts up while the worker's event loop turns. */
export const signOfLifeWord = 1

export interface ToWorker {
  readonly item: CampaignItem
}

export type FromWorker =
  | { readonly kind: 'ready' }
  /** A scenario's file cannot be used: for all workers alike. */
  | { readonly kind: 'cannot load'; readonly message: string }
  | { readonly kind: 'done'; readonly position: number; readonly result: SeedResult; readonly replay?: string; readonly busyMillis: number }
