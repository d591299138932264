import { modelFamily } from 'seedfall'
import { increment } from './increment.js'

export default modelFamily({
  name: 'increment-lock',
  means: 'threads that add one to a shared number, with a lock around reading and writing',
  settings: { threads: { kind: 'number', standard: 3, least: 1, most: 8, means: 'how many there are' } },
  make: ({ threads }) => increment(threads, true),
})
