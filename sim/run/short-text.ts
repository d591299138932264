/** Characters of a text that stands for a value in a trace. */
const longest = 120

/** Plain data in one line of at most 120 characters, as JSON would write it; bytes by their number. Work ends where the line does, however large the value. */
export function shortText(value: unknown): string {
  if (value === undefined) return ''
  const text = append('', value)
  // Not an ellipsis: one character beyond Latin-1 doubles the memory of every line that a trace builds.
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text
}

function append(text: string, value: unknown): string {
  if (text.length > longest) return text
  switch (typeof value) {
    case 'string':
      return text + quoted(value)
    case 'number':
      return text + (Number.isFinite(value) ? value : 'null')
    case 'boolean':
    case 'bigint':
      return text + value
    case 'object':
      return value === null ? `${text}null` : appendObject(text, value)
    default:
      return `${text}null`
  }
}

function appendObject(text: string, value: object): string {
  if (value instanceof Uint8Array) return `${text}"<${value.length} bytes>"`
  if (Array.isArray(value)) return appendItems(text, value)
  if (value instanceof Set) return appendItems(text, value)
  if (value instanceof Map) return appendEntries(text, value)
  let line = `${text}{`
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key]
    if (item === undefined || typeof item === 'function') continue
    line = append(`${line}${line.length > text.length + 1 ? ',' : ''}${quoted(key)}:`, item)
    if (line.length > longest) return line
  }
  return `${line}}`
}

function appendItems(text: string, items: Iterable<unknown>): string {
  let line = `${text}[`
  for (const item of items) {
    line = append(line.length > text.length + 1 ? `${line},` : line, item)
    if (line.length > longest) return line
  }
  return `${line}]`
}

function appendEntries(text: string, entries: ReadonlyMap<unknown, unknown>): string {
  let line = `${text}{`
  for (const [key, item] of entries) {
    line = append(`${line}${line.length > text.length + 1 ? ',' : ''}${quoted(String(key))}:`, item)
    if (line.length > longest) return line
  }
  return `${line}}`
}

const quoted = (text: string): string => JSON.stringify(text.length > longest ? text.slice(0, longest) : text)
