/** A thread of a check with several: takes up its share of each level. Started by `check-threads.ts`, by way of check-worker.mjs. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { LevelControl, type LevelReport, LevelSearch } from '../sim/check/level-search.js'
import { spaceOf } from '../sim/check/model-checker.js'
import type { SettingValue } from '../sim/check/model-family.js'
import { SharedStates } from '../sim/check/shared-states.js'
import { Misuse } from '../sim/host/errors.js'
import { BadInput } from './bad-input.js'
import { loadModel } from './load-model.js'
import { madeModel } from './model-trace.js'
import { blame } from './scenario-fault.js'

export interface CheckWorkerOrder {
  readonly model: string
  readonly folder: string
  readonly settings: Readonly<Record<string, SettingValue>>
}

/** An order, for one of the threads. */
export interface CheckThreadOrder extends CheckWorkerOrder {
  readonly control: SharedArrayBuffer
  readonly thread: number
}

export type ToCheckWorker =
  | { readonly kind: 'begin'; readonly memory: SharedArrayBuffer; readonly room: number }
  | { readonly kind: 'level'; readonly decided: readonly boolean[]; readonly memory: SharedArrayBuffer; readonly room: number }
  /** Goes on with the level, the set having grown. */
  | { readonly kind: 'resume'; readonly memory: SharedArrayBuffer; readonly room: number }
  | { readonly kind: 'give'; readonly count: number }
  | { readonly kind: 'adopt'; readonly packed: unknown }

export type FromCheckWorker =
  | { readonly kind: 'report'; readonly report: LevelReport }
  | { readonly kind: 'given'; readonly packed: unknown }
  | { readonly kind: 'adopted' }
  | { readonly kind: 'failed'; readonly message: string }

const port = parentPort as MessagePort
const { model, folder, settings, control, thread } = workerData as CheckThreadOrder
const { family, file } = await loadModel(model, folder)
const search = new LevelSearch(spaceOf(madeModel(family, settings), false), new LevelControl(control), thread)

port.on('message', (message: ToCheckWorker) => {
  try {
    port.postMessage(answer(message))
  } catch (error) {
    const blamed = error instanceof Misuse ? error : blame(error, file, 'threw')
    port.postMessage({ kind: 'failed', message: blamed instanceof BadInput ? blamed.message : `${model}: ${textOf(error)}` } satisfies FromCheckWorker)
  }
})

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function answer(message: ToCheckWorker): FromCheckWorker {
  switch (message.kind) {
    case 'begin':
      search.share(new SharedStates(message.memory), message.room)
      return { kind: 'report', report: search.begin() }
    case 'level':
      search.share(new SharedStates(message.memory), message.room)
      search.nextLevel(message.decided)
      return { kind: 'report', report: search.run() }
    case 'resume':
      search.share(new SharedStates(message.memory), message.room)
      return { kind: 'report', report: search.run() }
    case 'give':
      return { kind: 'given', packed: search.give(message.count) }
    case 'adopt':
      search.adopt(message.packed)
      return { kind: 'adopted' }
  }
}
