// Collects what the commands of a block put out. Quiet, it forgets what is said.

export class Output {
  #lines: string[] = []
  #last: { head: string; to: string[]; tail: string } | undefined
  quiet = false

  line(text: string): void {
    if (this.quiet) return
    this.#lines.push(text)
    this.#last = undefined
  }

  /** `head` recipient `tail`: the same to several in a row is one line. */
  lineTo(head: string, to: string, tail: string): void {
    if (this.quiet) return
    if (this.#last?.head === head && this.#last.tail === tail) {
      this.#last.to.push(to)
      this.#lines.pop()
    } else {
      this.#last = { head, to: [to], tail }
    }
    this.#lines.push(`${head} ${this.#last.to.join(' ')} ${tail}`)
  }

  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    this.#last = undefined
    return lines.length > 0 ? lines : ['nothing happens']
  }
}
