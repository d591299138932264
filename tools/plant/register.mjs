/**
 * Makes one planted mistake part of the modules that this process loads; the tree stays as it is.
 * To be loaded before tsx, so that tsx compiles what is substituted here: `node --import ./tools/plant/register.mjs --import tsx …`,
 * with the plant as JSON in SEEDFALL_PLANT: { name, file, replace, with }, `file` being absolute.
 */
import { register } from 'node:module'

const text = process.env.SEEDFALL_PLANT
if (!text) throw new Error('SEEDFALL_PLANT is not set: it holds the plant as JSON')

/** How often the planted module was loaded: whoever hunts must see at least 1, or nothing was planted. */
const loads = new Int32Array(new SharedArrayBuffer(4))
globalThis[Symbol.for('seedfall.plant.loads')] = loads
register('./hooks.mjs', import.meta.url, { data: { plant: JSON.parse(text), loads } })
