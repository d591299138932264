import { testPlants } from './plant-tests.js'
import { snapshotPlants } from './snapshot-plants.js'

testPlants(snapshotPlants)
