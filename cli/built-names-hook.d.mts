export function toBuilt<Resolved extends { readonly url: string }>(resolved: Resolved): Resolved
