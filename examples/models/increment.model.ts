import { modelFamily } from 'seedfall'
import { increment } from './increment.js'

export default modelFamily({
  name: 'increment',
  means: 'threads that add one to a shared number, without a lock: an addition is lost',
  settings: { threads: { kind: 'number', standard: 2, least: 1, most: 8, means: 'how many there are' } },
  make: ({ threads }) => increment(threads, false),
})
