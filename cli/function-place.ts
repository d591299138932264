import { Session } from 'node:inspector'
import { findSourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Where a function was written, `/app/store.ts:12:20`, as the sources have it; undefined for one that V8 made or that no file holds. */
export function placeOfFunction(named: (...words: never[]) => unknown): string | undefined {
  const session = new Session()
  const holder = globalThis as { [held]?: unknown }
  holder[held] = named
  try {
    session.connect()
    // Announces every script there is, before it returns.
    const urls = new Map<string, string>()
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
    session.post('Debugger.enable')
    let place: string | undefined
    session.post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${held.description}')]` }, (_, evaluated) => {
      const { objectId } = evaluated?.result ?? {}
      if (objectId === undefined) return
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_, properties) => {
        const location = properties?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value as ScriptLocation | undefined
        const url = location && urls.get(location.scriptId)
        if (url !== undefined) place = inSource(url, location as ScriptLocation)
      })
    })
    return place
  } finally {
    session.disconnect()
    delete holder[held]
  }
}

/** Counts from 0. */
interface ScriptLocation {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

const held = Symbol.for('seedfall.function-place')

function inSource(url: string, { lineNumber, columnNumber }: ScriptLocation): string | undefined {
  if (!url.startsWith('file:') && !url.startsWith('/')) return undefined
  const entry = findSourceMap(url)?.findEntry(lineNumber, columnNumber)
  const [source, line, column] =
    entry !== undefined && 'originalSource' in entry ? [entry.originalSource, entry.originalLine, entry.originalColumn] : [url, lineNumber, columnNumber]
  const file = (source.startsWith('file:') ? fileURLToPath(source) : source).replace(/\?.*$/, '')
  return `${file}:${line + 1}:${column + 1}`
}
