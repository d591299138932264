import { testPlants } from './plant-tests.js'
import { scenarioPlants } from './scenario-plants.js'

testPlants(scenarioPlants)
