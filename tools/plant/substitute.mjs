/**
 * The module's text with the plant's snippet replaced. A snippet that does not occur exactly once would plant nothing, or more than is meant:
 * that throws, naming the file and the count.
 *
 * @param {{ readonly name: string, readonly file: string, readonly replace: string, readonly with: string }} plant
 * @param {string} text
 * @returns {string}
 */
export function substitute(plant, text) {
  const parts = plant.replace === '' ? [text] : text.split(plant.replace)
  if (parts.length !== 2) throw new Error(`${plant.name}: the snippet occurs ${parts.length - 1} times in ${plant.file}, and must occur exactly once`)
  if (plant.replace === plant.with) throw new Error(`${plant.name}: the snippet is replaced by itself`)
  return parts.join(plant.with)
}
