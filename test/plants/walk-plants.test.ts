import { modelPlants } from './model-plants.js'
import { testPlants } from './plant-tests.js'
import { againPlants } from './plants.js'
import { walkPlants } from './walk-plants.js'

testPlants([...walkPlants, ...modelPlants, ...againPlants])
