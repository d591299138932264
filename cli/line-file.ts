import { closeSync, openSync, writeSync } from 'node:fs'
import { BadInput } from './bad-input.js'

/** Bytes that are kept before they are written. */
const chunkLength = 1 << 18

/** A text file that is written from its start to its end, in large pieces. */
export class LineFile {
  readonly #file: number
  readonly #chunk = Buffer.allocUnsafe(chunkLength)
  #length = 0

  constructor(readonly path: string) {
    try {
      this.#file = openSync(path, 'w')
    } catch (error) {
      throw new BadInput(`--trace-file ${path} cannot be written: ${(error as Error).message}`)
    }
  }

  write(text: string): void {
    // Three bytes are the most that UTF-8 takes for a UTF-16 code unit.
    const most = text.length * 3
    if (this.#length + most > chunkLength) this.#flush()
    if (most > chunkLength) writeSync(this.#file, text)
    else this.#length += this.#chunk.write(text, this.#length)
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  #flush(): void {
    writeSync(this.#file, this.#chunk, 0, this.#length)
    this.#length = 0
  }
}
