import { testPlants } from './plant-tests.js'
import { vmPlants } from './vm-plants.js'

testPlants(vmPlants)
