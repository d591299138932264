import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { hashString } from '../../kernel/mix.js'

const schema = v.object({ scenario: v.string(), test: v.string(), seeds: v.array(v.string()) })

/** Kept at most; the oldest goes. */
const most = 20

/**
 * The seeds under which a test failed last, in a file of `.seedfall`: they are tried first when it runs again, and forgotten once they pass. A file for each
 * test, so that several workers write at the same time.
 */
export class FailedSeeds {
  readonly #file: string
  readonly #about: { readonly scenario: string; readonly test: string }

  constructor(folder: string, scenario: string, test: string) {
    const words = `${scenario} ${test}`
    const slug = words.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60)
    this.#file = path.join(folder, '.seedfall', 'failed', `${slug}-${(hashString(words) >>> 0).toString(16).padStart(8, '0')}.json`)
    this.#about = { scenario, test }
  }

  /** The latest first. */
  seeds(): readonly string[] {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
      throw error
    }
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text)
    // Only ever written whole: another Seedfall's file, or one that was edited. Nothing hangs on it.
    return read.success ? read.output.seeds : []
  }

  add(seed: string): void {
    this.#write([seed, ...this.seeds().filter((known) => known !== seed)].slice(0, most))
  }

  remove(seed: string): void {
    const seeds = this.seeds()
    if (seeds.includes(seed)) this.#write(seeds.filter((known) => known !== seed))
  }

  #write(seeds: readonly string[]): void {
    if (seeds.length === 0) {
      rmSync(this.#file, { force: true })
      return
    }
    mkdirSync(path.dirname(this.#file), { recursive: true })
    const whole = `${this.#file}.${process.pid}`
    writeFileSync(whole, `${JSON.stringify({ ...this.#about, seeds })}\n`)
    renameSync(whole, this.#file)
  }
}
