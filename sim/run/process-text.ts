/** A process' own fields, for a person: depth 4, lists cut short. */
export function processText(process: unknown): string {
  if (process === undefined) return ''
  const seen = new Set<unknown>()
  const text = (value: unknown, depth: number): unknown => {
    if (typeof value === 'function') return undefined
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Uint8Array) return `<${value.length} bytes>`
    if (depth > 4 || seen.has(value)) return Array.isArray(value) ? `[${value.length}]` : '{…}'
    seen.add(value)
    if (Array.isArray(value))
      return value.length > 8
        ? [...value.slice(0, 8).map((item) => text(item, depth + 1)), `… ${value.length} in all`]
        : value.map((item) => text(item, depth + 1))
    if (value instanceof Map) return text(Object.fromEntries([...value].map(([key, item]) => [String(key), item])), depth)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item, depth + 1)]))
  }
  return JSON.stringify(text(process, 0)) ?? ''
}
