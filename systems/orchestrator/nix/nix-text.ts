/** A value as Nix writes it: deterministic, one attribute a line, in the order given. */
export type NixValue = string | number | boolean | NixRaw | readonly NixValue[] | { readonly [name: string]: NixValue }

/** Text that is Nix already. */
export interface NixRaw {
  readonly nix: string
}
export const raw = (nix: string): NixRaw => ({ nix })

export function nixText(value: NixValue, indent = ''): string {
  if (typeof value === 'string') return nixString(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    return `[\n${value.map((item: NixValue) => `${inner}${nixText(item, inner)}\n`).join('')}${indent}]`
  }
  if (isRaw(value)) return value.nix
  const entries = Object.entries(value as { readonly [name: string]: NixValue })
  if (entries.length === 0) return '{ }'
  return `{\n${entries.map(([name, item]) => `${inner}${attribute(name)} = ${nixText(item, inner)};\n`).join('')}${indent}}`
}

function isRaw(value: NixValue): value is NixRaw {
  return typeof value === 'object' && value !== null && 'nix' in value && typeof value.nix === 'string'
}

/** In double quotes. What would end it or begin an antiquotation is escaped. */
export function nixString(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replaceAll('${', '\\${').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return `"${escaped}"`
}

/** Names with dots are paths; what is no identifier is quoted. */
function attribute(name: string): string {
  return name
    .split('.')
    .map((part) => (/^[A-Za-z_][A-Za-z0-9_'-]*$/.test(part) && !keywords.has(part) ? part : nixString(part)))
    .join('.')
}

const keywords: ReadonlySet<string> = new Set(['if', 'then', 'else', 'assert', 'with', 'let', 'in', 'rec', 'inherit', 'or'])
