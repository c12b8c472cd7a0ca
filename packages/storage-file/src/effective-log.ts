// The log as it counts: terms, its two ends, and where to begin reading. Entries are never here.
import type { LogIndex, LogPosition, Run, StoredBlock, Term } from '@riverraft/core'

/** A place every so many bytes is kept in memory; reading walks from the one before. */
const MARK_EVERY_BYTES = 64 * 1024

/** From the record at `offset` of a segment on, the log's entries from `first` to `last` stand one after another. */
export interface Stretch {
  readonly sequence: number
  readonly offset: number
  readonly first: LogIndex
  readonly last: LogIndex
}

export interface Place {
  readonly sequence: number
  readonly offset: number
}

export class EffectiveLog {
  /** What stood right before the log's first entry. */
  base: LogPosition = { index: 0, term: 0 }
  lastIndex: LogIndex = 0
  /** Where each term begins: both strictly increasing. */
  readonly #terms: { readonly firstIndex: LogIndex; readonly term: Term }[] = []
  /** Both increasing. A mark's stretch ends where the next one begins. */
  readonly #marks: (Place & { readonly first: LogIndex })[] = []
  #markNext = true
  /** Where the membership entries stand. */
  readonly #memberships: LogIndex[] = []

  /**
   * Judges a whole batch before any of it is written: a batch happens completely or not at all.
   * @throws Error saying what is wrong
   */
  check(truncateFrom: LogIndex | undefined, blocks: readonly StoredBlock[]): void {
    if (
      truncateFrom !== undefined &&
      !(truncateFrom > this.base.index && truncateFrom <= this.lastIndex + 1)
    ) {
      throw wrong(`truncation at ${truncateFrom}, the log ends at ${this.lastIndex}`)
    }
    const end = truncateFrom === undefined ? this.lastIndex : truncateFrom - 1
    checkBlocks(end, this.termAt(end)!, blocks)
  }

  /** Undefined where there is no entry. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.base.index) return this.base.term
    if (index < this.base.index || index > this.lastIndex) return undefined
    return this.#terms[lastAtMost(this.#terms, index, (run) => run.firstIndex)]!.term
  }

  get memberships(): readonly LogIndex[] {
    return this.#memberships
  }

  runs(): Run[] {
    return this.#terms.map(({ firstIndex, term }, i) => {
      const lastIndex = (this.#terms[i + 1]?.firstIndex ?? this.lastIndex + 1) - 1
      return { firstIndex, lastIndex, term }
    })
  }

  /** Gives everything up: the log goes on behind `index`. */
  restart(index: LogIndex, term: Term): void {
    this.base = { index, term }
    this.lastIndex = index
    this.#terms.length = 0
    this.#marks.length = 0
    this.#memberships.length = 0
    this.#markNext = true
  }

  /** Removes `from` and everything after it. `termBefore` counts when the log begins behind that. */
  truncate(from: LogIndex, termBefore: Term): void {
    if (from <= this.base.index) return this.restart(from - 1, termBefore)
    this.lastIndex = from - 1
    while (this.#terms.length > 0 && this.#terms.at(-1)!.firstIndex >= from) this.#terms.pop()
    while (this.#marks.length > 0 && this.#marks.at(-1)!.first >= from) this.#marks.pop()
    while (this.#memberships.length > 0 && this.#memberships.at(-1)! >= from) this.#memberships.pop()
    // What the last mark leads to stands before the truncation; what comes next stands behind it.
    this.#markNext = true
  }

  /** `first` is lastIndex + 1; the block's record stands at `place`. */
  append(first: LogIndex, last: LogIndex, term: Term, place: Place, isMembership = false): void {
    if (isMembership) this.#memberships.push(first)
    const mark = this.#marks.at(-1)
    if (
      this.#markNext ||
      mark === undefined ||
      mark.sequence !== place.sequence ||
      place.offset - mark.offset >= MARK_EVERY_BYTES
    ) {
      this.#marks.push({ first, sequence: place.sequence, offset: place.offset })
      this.#markNext = false
    }
    if (this.#terms.at(-1)?.term !== term) this.#terms.push({ firstIndex: first, term })
    this.lastIndex = last
  }

  /** The entry before the first one that stands in `sequence` or later. */
  endBefore(sequence: number): LogIndex {
    const mark = this.#marks[lastAtMost(this.#marks, sequence - 1, (one) => one.sequence) + 1]
    return mark === undefined ? this.lastIndex : mark.first - 1
  }

  /** Forgets what stands in segments before `sequence`. */
  forgetBefore(sequence: number): void {
    const index = this.endBefore(sequence)
    if (index <= this.base.index) return
    this.base = { index, term: this.termAt(index)! }
    this.#memberships.splice(0, lastAtMost(this.#memberships, index, (at) => at) + 1)
    this.#marks.splice(0, lastAtMost(this.#marks, sequence - 1, (one) => one.sequence) + 1)
    const term = lastAtMost(this.#terms, index + 1, (run) => run.firstIndex)
    if (index === this.lastIndex) this.#terms.length = 0
    else this.#terms.splice(0, term + 1, { firstIndex: index + 1, term: this.#terms[term]!.term })
  }

  /** Where to read from `from` on, at least one and about `bytesMax`; empty where there is no entry. */
  stretches(from: LogIndex, bytesMax: number): Stretch[] {
    if (from <= this.base.index || from > this.lastIndex) return []
    const found: Stretch[] = []
    const start = lastAtMost(this.#marks, from, (mark) => mark.first)
    // Each but the first is worth at least one block, most of them 64 KiB.
    const enough = 2 + Math.ceil(bytesMax / MARK_EVERY_BYTES)
    for (let i = start; i < this.#marks.length && found.length < enough; i++) {
      const last = (this.#marks[i + 1]?.first ?? this.lastIndex + 1) - 1
      found.push({ ...this.#marks[i]!, last })
    }
    return found
  }
}

/**
 * Judges a batch that restarts the log behind what a snapshot replaces.
 * @throws Error saying what is wrong
 */
export function checkRestart(
  { index, term }: LogPosition,
  newest: LogPosition | undefined,
  blocks: readonly StoredBlock[],
): void {
  if (blocks.length === 0) throw wrong(`a restart behind ${index} with nothing`)
  if (newest === undefined || index > newest.index || (index === newest.index && term !== newest.term))
    throw wrong(
      `a restart behind ${index} of term ${term}, the newest snapshot is ${newest?.index} of ${newest?.term}`,
    )
  checkBlocks(index, term, blocks)
}

/** @throws Error when they do not continue a log that ends at `end` with `term` */
function checkBlocks(end: LogIndex, term: Term, blocks: readonly StoredBlock[]): void {
  for (const { block, firstIndex } of blocks) {
    if (firstIndex !== end + 1) throw wrong(`entries from ${firstIndex} after ${end}`)
    if (firstIndex < block.firstIndex || firstIndex > block.lastIndex) {
      throw wrong(`entries from ${firstIndex} in a block of ${block.firstIndex} to ${block.lastIndex}`)
    }
    if (block.term < term) throw wrong(`an entry of term ${block.term} after one of term ${term}`)
    end = block.lastIndex
    term = block.term
  }
}

/** The position of the last item whose key is at most `key`; -1 when there is none. Keys do not decrease. */
function lastAtMost<Item>(items: readonly Item[], key: number, keyOf: (item: Item) => number): number {
  let low = -1
  let high = items.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (keyOf(items[middle]!) <= key) low = middle
    else high = middle - 1
  }
  return low
}

function wrong(what: string): Error {
  return new Error(`wrong batch: ${what}`)
}
