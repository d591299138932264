import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { raftModel } from '../invariants/raft/core-model.js'
import { type CheckOptions, check } from '../sim/check/model-checker.js'
import type { ModelFamily } from '../sim/check/model-family.js'
import { settingsOf } from '../sim/check/model-family.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'

/** Unique states for each second, of models in the box that are known state by state. */
export const checkMeasures: readonly Measure[] = [
  { name: 'check/paxos/3-clients', unit: 'states/s', run: () => rate('paxos', ['clients=3'], 1_194_428) },
  { name: 'check/two-phase-commit/8-managers', unit: 'states/s', run: () => rate('two-phase-commit', ['resourceManagers=8'], 1_745_408) },
  { name: 'check/two-phase-commit/exact-7', unit: 'states/s', run: () => rate('two-phase-commit', ['resourceManagers=7'], 296_448, { exact: true }) },
  { name: 'check/raft/depth-8', unit: 'states/s', run: raftRate },
]

async function rate(name: string, set: readonly string[], states: number, options: CheckOptions = {}): Promise<number> {
  // Examples are loaded as a user's file is: nothing imports them.
  const file = path.join(import.meta.dirname, `../examples/models/${name}.model.ts`)
  const { default: family } = (await import(pathToFileURL(file).href)) as { default: ModelFamily }
  const seconds = await secondsOf(async () => {
    const result = check(family.make(settingsOf(family, set)), options)
    assertEqual(result.uniqueStates, states, 'unique states')
    assertEqual(result.complete, true, 'complete')
  })
  return states / seconds
}

async function raftRate(): Promise<number> {
  let states = 0
  const seconds = await secondsOf(async () => {
    states = check(raftModel({ nodes: 3, terms: 2, log: 2, crashes: 1, inputs: 1, network: 'set' }), { maxDepth: 8 }).uniqueStates
  })
  if (states < 10_000) throw new Error(`only ${states} states`)
  return states / seconds
}
