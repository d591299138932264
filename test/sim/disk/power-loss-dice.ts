import type { PowerLossDice } from '../../../sim/disk/power-loss.js'

/** The kind loss: everything that was written happens to have reached the device. */
export const keepAll: PowerLossDice = {
  keepsName: () => true,
  sizeVersion: (size) => size.newest,
  pageFate: (page) => ({ kind: 'version', version: page.newest }),
}

/** The plain loss: nothing but what was synced has reached the device. */
export const loseAll: PowerLossDice = {
  keepsName: () => false,
  sizeVersion: () => 0,
  pageFate: (page) => ({ kind: 'version', version: page.oldest }),
}
