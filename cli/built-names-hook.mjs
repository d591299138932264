const root = new URL('../', import.meta.url).href
const source = /^(?:sim|systems|invariants|scenarios|cli)\/.*\.ts$/

/** Where a resolved module lies in the built form; what is no source of Seedfall's own stays where it is. */
export function toBuilt(resolved) {
  const [url] = resolved.url.split('?')
  if (!url.startsWith(root) || !source.test(url.slice(root.length))) return resolved
  return { ...resolved, url: `${root}dist/${url.slice(root.length, -2)}js`, format: 'module' }
}

export async function resolve(specifier, context, nextResolve) {
  return toBuilt(await nextResolve(specifier, context))
}
