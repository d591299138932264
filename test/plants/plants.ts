import type { Plant } from '../../tools/plant/plant.js'

/** The mistakes that Seedfall must find. Names are stable: reports and the closing notes use them. */
export const plants: readonly Plant[] = []
