/** Whether a path fits a pattern in which `*` stands for any characters, slashes too; null fits all. */
export function matchesPattern(path: string, pattern: string | null): boolean {
  if (pattern === null || pattern === path) return true
  const pieces = pattern.split('*')
  if (pieces.length === 1) return false
  const first = pieces[0] as string
  const last = pieces[pieces.length - 1] as string
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length) return false
  let from = first.length
  for (const piece of pieces.slice(1, -1)) {
    const at = path.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return from <= path.length - last.length
}
