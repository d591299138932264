const longest = 60

/** A value in a message: as JSON, cut where it gets long. */
export function show(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value, bigintsToo) ?? String(value))
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const bigintsToo = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)
