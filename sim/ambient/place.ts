/** The first line of an error's stack that is neither Node's nor the framework's own: `/app/store.ts:12:20`. */
export function placeOf(error: Error): string | undefined {
  return placesOf(error.stack ?? '').find((place) => !place.startsWith(framework))
}

/** Files of a stack with line and column, innermost first, without Node's own. */
export function placesOf(stack: string): string[] {
  const places: string[] = []
  for (const line of stack.split('\n')) {
    const match = /^\s+at (?:async )?(?:.*\()?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line)
    if (match === null) continue
    const place = (match[1] as string).replace(/^file:\/\//, '').replace(/\?[^:]*/, '')
    if (!/\/node_modules\/(tsx|vitest|vite)\//.test(place)) places.push(place)
  }
  return places
}

/** The folder `sim/` that this module runs in. */
const framework = decodeURIComponent(new URL('..', import.meta.url).pathname)
