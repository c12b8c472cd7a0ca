// Raft §5.3: the log, as consensus sees it: which term each index has. Entries' bytes live elsewhere.
import { InvariantViolation } from './invariant-violation.js'
import type { LogIndex, Run, Term } from './types.js'

/** Runs of equal term, contiguous from index 1, terms not decreasing. Only `evolve` calls what changes it. */
export class Log {
  readonly #runs: { firstIndex: LogIndex; lastIndex: LogIndex; term: Term }[] = []

  get lastIndex(): LogIndex {
    return this.#runs.at(-1)?.lastIndex ?? 0
  }

  get lastTerm(): Term {
    return this.#runs.at(-1)?.term ?? 0
  }

  /** The runs, in order; not to be changed. */
  get runs(): readonly Run[] {
    return this.#runs
  }

  /** The term of the entry at `index`; 0 for index 0; undefined beyond the log. */
  termAt(index: LogIndex): Term | undefined {
    if (index === 0) return 0
    return this.#runs[this.#position(index)]?.term
  }

  /** The largest index up to `index` whose term is at most `term`: where a log that ends so could still agree. */
  lastIndexOfTermAtMost(index: LogIndex, term: Term): LogIndex {
    let low = -1
    let high = this.#runs.length - 1
    // First indexes and terms both rise from run to run: those that qualify are the first ones.
    while (low < high) {
      const middle = (low + high + 1) >> 1
      const run = this.#runs[middle]!
      if (run.firstIndex <= index && run.term <= term) low = middle
      else high = middle - 1
    }
    return low === -1 ? 0 : Math.min(index, this.#runs[low]!.lastIndex)
  }

  /** The first index of `run` that this log holds with another term, or undefined. */
  firstConflict(run: Run): LogIndex | undefined {
    const start = this.#position(run.firstIndex)
    // A run that begins beyond the log cannot conflict with it.
    if (start === -1) return undefined
    for (let i = start; i < this.#runs.length; i++) {
      const mine = this.#runs[i]!
      if (mine.firstIndex > run.lastIndex) return undefined
      if (mine.term !== run.term) return Math.max(mine.firstIndex, run.firstIndex)
    }
    return undefined
  }

  append(firstIndex: LogIndex, lastIndex: LogIndex, term: Term): void {
    const last = this.#runs.at(-1)
    if (firstIndex !== this.lastIndex + 1 || lastIndex < firstIndex) {
      throw new InvariantViolation(`append of ${firstIndex}..${lastIndex} after ${this.lastIndex}`)
    }
    if (term < this.lastTerm)
      throw new InvariantViolation(`append of term ${term} after term ${this.lastTerm}`)
    if (last?.term === term) last.lastIndex = lastIndex
    else this.#runs.push({ firstIndex, lastIndex, term })
  }

  truncateFrom(index: LogIndex): void {
    while (this.lastIndex >= index) {
      const last = this.#runs.at(-1)!
      if (last.firstIndex >= index) this.#runs.pop()
      else last.lastIndex = index - 1
    }
  }

  /** The position of the run that holds `index`, -1 when none does. Recent indexes are found first. */
  #position(index: LogIndex): number {
    const last = this.#runs.at(-1)
    if (last === undefined || index > last.lastIndex || index < 1) return -1
    let low = 0
    let high = this.#runs.length - 1
    if (index >= last.firstIndex) return high
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#runs[middle]!.firstIndex <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
