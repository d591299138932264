import { testPlants } from './plant-tests.js'
import { zooPlants } from './zoo-plants.js'

testPlants(zooPlants)
