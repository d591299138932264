/** Sets of operations, each kept once and named by a number, so that a set is compared and hashed as one. */
export class OrderedSets {
  static readonly empty = 0
  readonly #members: (readonly number[])[] = [[]]
  readonly #names = new Map<string, number>([['', OrderedSets.empty]])
  readonly #steps = new Map<number, number>()

  has(set: number, operation: number): boolean {
    return set !== OrderedSets.empty && this.#members[set]!.includes(operation)
  }

  with(set: number, operation: number): number {
    return this.#toggled(set, operation)
  }

  without(set: number, operation: number): number {
    return this.#toggled(set, operation)
  }

  #toggled(set: number, operation: number): number {
    const step = set * 0x400_0000 + operation
    const known = this.#steps.get(step)
    if (known !== undefined) return known
    const before = this.#members[set]!
    const after = before.includes(operation) ? before.filter((one) => one !== operation) : [...before, operation].sort((a, b) => a - b)
    const name = after.join(' ')
    let found = this.#names.get(name)
    if (found === undefined) {
      found = this.#members.push(after) - 1
      this.#names.set(name, found)
    }
    this.#steps.set(step, found)
    return found
  }
}
