export function substitute(plant: { readonly name: string; readonly file: string; readonly replace: string; readonly with: string }, text: string): string
