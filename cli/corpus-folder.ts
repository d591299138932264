import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeFolder } from '../sim/real/make-folder.js'
import { type CorpusEntry, formatEntry, parseEntry } from '../sim/run/corpus/entry.js'
import { RefusedEntry } from '../sim/run/corpus/refused-entry.js'
import { BadInput } from './bad-input.js'

/** A file of a corpus, read or refused. */
export type EntryFile =
  | { readonly name: string; readonly path: string; readonly entry: CorpusEntry }
  | { readonly name: string; readonly path: string; readonly refused: RefusedEntry }

/** A folder of entries, by default `corpus`. Scenario files are named from the folder above it. */
export class CorpusFolder {
  readonly #folder: string

  constructor(
    /** As the user wrote it. */
    readonly name: string,
    from: string,
  ) {
    this.#folder = path.resolve(from, name)
  }

  /** Where scenario files are looked for. */
  get home(): string {
    return path.dirname(this.#folder)
  }

  /** Its files in the order of their names, or those that are named. Throws `BadInput` when there is no such folder or file. */
  files(names: readonly string[] = []): readonly EntryFile[] {
    const there = this.#names()
    const unknown = names.find((name) => !there.includes(name))
    if (unknown !== undefined) throw new BadInput(`${this.pathOf(unknown)}: no such entry; 'seedfall corpus list' shows what there is`)
    return there.filter((name) => names.length === 0 || names.includes(name)).map((name) => this.#read(name))
  }

  get exists(): boolean {
    return this.#listed() !== null
  }

  has(name: string): boolean {
    return this.#listed()?.includes(`${name}.json`) ?? false
  }

  /** What the user calls an entry's file. */
  pathOf(name: string): string {
    return path.join(this.name, `${name}.json`)
  }

  /** Whole or not at all: a kill in between leaves the old file. */
  write(entry: CorpusEntry): void {
    const file = path.join(this.#folder, `${entry.name}.json`)
    try {
      makeFolder(this.#folder)
      writeFileSync(`${file}.new`, formatEntry(entry))
      renameSync(`${file}.new`, file)
    } catch (error) {
      throw new BadInput(`${this.pathOf(entry.name)} cannot be written: ${(error as Error).message}`)
    }
  }

  remove(name: string): void {
    rmSync(path.join(this.#folder, `${name}.json`))
  }

  #names(): readonly string[] {
    const listed = this.#listed()
    if (listed === null) throw new BadInput(`there is no folder ${this.name}: 'seedfall corpus add FILE' makes it with its first entry`)
    return listed
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort()
  }

  /** Null: there is no such folder. */
  #listed(): readonly string[] | null {
    try {
      return readdirSync(this.#folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return null
      throw new BadInput(`${this.name} cannot be read: ${code === 'ENOTDIR' ? 'it is no folder' : (error as Error).message}`)
    }
  }

  #read(name: string): EntryFile {
    const file = this.pathOf(name)
    let text: string
    try {
      text = readFileSync(path.join(this.#folder, `${name}.json`), 'utf8')
    } catch (error) {
      return { name, path: file, refused: new RefusedEntry(`cannot be read: ${(error as Error).message}`) }
    }
    try {
      return { name, path: file, entry: parseEntry(text, name) }
    } catch (error) {
      if (error instanceof RefusedEntry) return { name, path: file, refused: error }
      throw error
    }
  }
}
