import { manyGroupsPlants } from './many-groups-plants.js'
import { testPlants } from './plant-tests.js'

testPlants(manyGroupsPlants)
