import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { substitute } from './substitute.mjs'

let plant
let loads

export function initialize(data) {
  plant = data.plant
  loads = data.loads
}

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || fileURLToPath(url.split('?')[0]) !== plant.file) return nextLoad(url, context)
  const source = substitute(plant, await readFile(plant.file, 'utf8'))
  Atomics.add(loads, 0, 1)
  return { format: 'module', source, shortCircuit: true }
}
