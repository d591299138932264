import { existsSync, readFileSync } from 'node:fs'

/** Seedfall's own version. Its package.json lies above the sources, and one folder higher above the built form; a bundle made of them has none. */
export function packageVersion(): string {
  const file = ['../package.json', '../../package.json'].map((place) => new URL(place, import.meta.url)).find((place) => existsSync(place))
  if (file === undefined) return 'unpackaged'
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
