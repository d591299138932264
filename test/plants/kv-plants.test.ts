import { kvPlants } from './kv-plants.js'
import { testPlants } from './plant-tests.js'

testPlants(kvPlants)
