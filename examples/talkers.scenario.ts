import { scenario } from 'seedfall'
import { killTalkers } from './kill-talkers.fault.js'
import storeFixed from './store-fixed.scenario.js'

/** The register store once more, under a fault kind of its own beside the stock ones: two hosts may now be away. */
export default scenario({
  ...storeFixed,
  name: 'talkers',
  system: { ...storeFixed.system, survives: { down: 2, blackout: true } },
  faults: { strategy: 'random', custom: [killTalkers], kinds: ['net.delay', 'process.pause', 'power.loss', 'disk.lost', killTalkers.kind] },
})
