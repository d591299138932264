/** Pages of a guest in equal regions, each with a number that changes whenever something in it is written. */
export const memoryRegions = 64

export class GuestMemory {
  readonly versions: number[]
  /** Regions that were written since they were last taken. */
  readonly #dirty = new Set<number>()

  constructor(versions?: readonly number[]) {
    this.versions = versions === undefined ? new Array<number>(memoryRegions).fill(0) : [...versions]
  }

  write(region: number): void {
    const at = region % memoryRegions
    this.versions[at] = (this.versions[at] as number) + 1
    this.#dirty.add(at)
  }

  get dirtyRegions(): number {
    return this.#dirty.size
  }

  /** From now on all counts as written: the first round of a migration copies everything. */
  markAll(): void {
    for (let at = 0; at < memoryRegions; at++) this.#dirty.add(at)
  }

  /** Takes what was written; a later write shows again. */
  takeDirty(): [region: number, version: number][] {
    const taken = [...this.#dirty].sort((a, b) => a - b).map((at): [number, number] => [at, this.versions[at] as number])
    this.#dirty.clear()
    return taken
  }

  receive(regions: readonly (readonly [region: number, version: number])[]): void {
    for (const [at, version] of regions) this.versions[at] = version
  }

  /** A number that differs when the content does, in all likelihood. */
  get digest(): number {
    let digest = 0x811c9dc5
    for (const version of this.versions) digest = Math.imul(digest ^ version, 0x01000193) >>> 0
    return digest
  }
}
