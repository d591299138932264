import { testPlants } from './plant-tests.js'
import { vmPlants } from './vm-plants.js'

// Some need fifty seeds and more: the tests hunt where they are known to be, hunts from other seeds are for `npm run plants`.
testPlants(vmPlants, 1)
