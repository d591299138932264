/** One line that says what is going on, written over itself; nothing where nobody looks. */
export class ProgressLine {
  readonly #isSeen = process.stderr.isTTY === true
  #shownAt = Number.NEGATIVE_INFINITY

  show(text: () => string): void {
    const now = performance.now()
    if (!this.#isSeen || now - this.#shownAt < leastMillis) return
    this.#shownAt = now
    process.stderr.write(`\r\u001b[K${text().slice(0, Math.max(20, (process.stderr.columns ?? 80) - 1))}`)
  }

  clear(): void {
    if (this.#isSeen) process.stderr.write('\r\u001b[K')
  }
}

const leastMillis = 100
