// How many bytes of log have been applied, and where: by it snapshots become due, and a part of the log stays behind them.
import type { LogIndex } from '../../consensus/types.js'

/** What is kept behind a snapshot is cut to about this part of it. */
const PRECISION = 1 / 64

export class AppliedBytes {
  /** A mark stands for at least this much. */
  readonly #markBytes: number
  /** Up to lastIndex, `bytes` have been applied; both increasing. */
  #marks: { lastIndex: LogIndex; bytes: number }[] = []
  #bytes = 0
  #atSnapshot = 0

  /** Asked for about the last `trailingBytes`. */
  constructor(trailingBytes: number) {
    this.#markBytes = trailingBytes * PRECISION
  }

  applied(lastIndex: LogIndex, bytes: number): void {
    this.#bytes += bytes
    const last = this.#marks.at(-1)
    const before = this.#marks.at(-2)?.bytes ?? 0
    if (last !== undefined && this.#bytes - before < this.#markBytes) {
      last.lastIndex = lastIndex
      last.bytes = this.#bytes
    } else {
      this.#marks.push({ lastIndex, bytes: this.#bytes })
    }
  }

  /** A snapshot was taken of what is applied now. */
  snapshotTaken(): void {
    this.#atSnapshot = this.#bytes
  }

  /** The state came from a snapshot: what was applied before is not known any more. */
  restarted(): void {
    this.#marks = []
    this.snapshotTaken()
  }

  get sinceSnapshot(): number {
    return this.#bytes - this.#atSnapshot
  }

  /** The last index that `bytes` of log have been applied behind; 0: not known. */
  indexBefore(bytes: number): LogIndex {
    const limit = this.#bytes - bytes
    let found = 0
    let count = 0
    for (const mark of this.#marks) {
      if (mark.bytes > limit) break
      found = mark.lastIndex
      count++
    }
    // One is kept: it is what the next answer can be until others are that old.
    if (count > 1) this.#marks.splice(0, count - 1)
    return found
  }
}
