export function importOwn(name: string): Promise<unknown>
export function usesBuiltForm(): boolean
export function isBuiltFormCurrent(repository?: string): boolean
