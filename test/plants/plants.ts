import type { Plant } from '../../tools/plant/plant.js'
import { kvPlants } from './kv-plants.js'
import { manyGroupsPlants } from './many-groups-plants.js'
import { modelPlants } from './model-plants.js'
import { again, scenarioPlants } from './scenario-plants.js'
import { snapshotPlants } from './snapshot-plants.js'
import { vmPlants } from './vm-plants.js'
import { walkPlants } from './walk-plants.js'
import { zooPlants } from './zoo-plants.js'

const raft = 'scenarios/raft.scenario.ts'
const forgetful = 'test/plants/broker-forgetful.hunt.ts'

/** Some of the others, seen by another subject. */
export const againPlants: readonly Plant[] = [
  again('heartbeat-without-commit', 'in-the-map', raft, 'members agree'),
  again('no-snapshot-for-followers', 'in-the-snapshots', 'scenarios/raft-snapshots.scenario.ts', 'members catch up'),
  again('commit-beyond-matched', 'by-entries', 'test/plants/committed-entries.hunt.ts', 'CommittedImmutable'),
  again('no-snapshot-for-followers', 'in-the-map', raft, 'members catch up'),
  again('first-record-of-a-poll-dropped', 'by-the-forgetful', forgetful, 'history (skipped)'),
]

/** The mistakes that Seedfall must find. Names are stable: reports use them. */
export const plants: readonly Plant[] = [
  ...scenarioPlants,
  ...againPlants,
  ...walkPlants,
  ...modelPlants,
  ...zooPlants,
  ...snapshotPlants,
  ...kvPlants,
  ...manyGroupsPlants,
  ...vmPlants,
]
