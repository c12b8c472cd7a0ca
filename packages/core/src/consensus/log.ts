// Raft §5.3, §7: the log, as consensus sees it: which term each index has. Entries' bytes live elsewhere.
import { InvariantViolation } from './invariant-violation.js'
import type { LogIndex, Run, Term } from './types.js'

/** Runs of equal term, contiguous from the base on, terms not decreasing. Only `evolve` calls what changes it. */
export class Log {
  readonly #runs: { firstIndex: LogIndex; lastIndex: LogIndex; term: Term }[] = []
  /** What stood right before the first entry and is compacted away (§7). All of it is committed. */
  #base: { readonly index: LogIndex; readonly term: Term } = { index: 0, term: 0 }

  /** The last index that was compacted away; 0: the log is complete. Its term is still known. */
  get baseIndex(): LogIndex {
    return this.#base.index
  }

  get lastIndex(): LogIndex {
    return this.#runs.at(-1)?.lastIndex ?? this.#base.index
  }

  get lastTerm(): Term {
    return this.#runs.at(-1)?.term ?? this.#base.term
  }

  /** The runs, in order; not to be changed. */
  get runs(): readonly Run[] {
    return this.#runs
  }

  /** The term of the entry at `index`; 0 for index 0; undefined beyond the log, and before its base. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#base.index) return this.#base.term
    return this.#runs[this.#position(index)]?.term
  }

  /**
   * The largest index up to `index` whose term is at most `term`: where a log that ends so could still agree. Below the
   * base, whose terms are not known any more: `index` itself, or right below the base.
   */
  lastIndexOfTermAtMost(index: LogIndex, term: Term): LogIndex {
    if (index < this.#base.index) return index
    let low = -1
    let high = this.#runs.length - 1
    // First indexes and terms both rise from run to run: those that qualify are the first ones.
    while (low < high) {
      const middle = (low + high + 1) >> 1
      const run = this.#runs[middle]!
      if (run.firstIndex <= index && run.term <= term) low = middle
      else high = middle - 1
    }
    if (low !== -1) return Math.min(index, this.#runs[low]!.lastIndex)
    return this.#base.term <= term ? this.#base.index : this.#base.index - 1
  }

  /** The first index of `run` that this log holds with another term, or undefined. What is compacted away conflicts with nothing. */
  firstConflict(run: Run): LogIndex | undefined {
    const start = this.#position(Math.max(run.firstIndex, this.#base.index + 1))
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
    while (this.#runs.length > 0 && this.lastIndex >= index) {
      const last = this.#runs.at(-1)!
      if (last.firstIndex >= index) this.#runs.pop()
      else last.lastIndex = index - 1
    }
  }

  /** §7: discards the entries up to `through`, which is in the log. */
  compact(through: LogIndex): void {
    const term = this.termAt(through)
    if (term === undefined)
      throw new InvariantViolation(`compaction through ${through}, which is not in the log`)
    this.#base = { index: through, term }
    while (this.#runs.length > 0 && this.#runs[0]!.lastIndex <= through) this.#runs.shift()
    const first = this.#runs[0]
    if (first !== undefined) first.firstIndex = Math.max(first.firstIndex, through + 1)
  }

  /** §7: "discard the entire log": it goes on behind `index`. */
  restart(index: LogIndex, term: Term): void {
    this.#runs.length = 0
    this.#base = { index, term }
  }

  /** The position of the run that holds `index`, -1 when none does. Recent indexes are found first. */
  #position(index: LogIndex): number {
    const last = this.#runs.at(-1)
    if (last === undefined || index > last.lastIndex || index <= this.#base.index) return -1
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
