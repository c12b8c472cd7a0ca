// What a storage should hold, as plain as can be: an array of entries, a hard state, a snapshot.
import type {
  HardState,
  LogIndex,
  Run,
  SnapshotMetadata,
  StoredState,
  Term,
  WriteBatch,
} from '@riverraft/core'
import { check, same } from '../assert.js'
import { IDENTITY } from './bench.js'

interface Entry {
  readonly term: Term
  /** Of its block. */
  readonly timestamp: number
}

export class Model {
  hardState: HardState = { currentTerm: 0, votedFor: undefined }
  generation = 0
  /** The log begins behind this index. */
  base: LogIndex = 0
  /** Up to here entries may be gone. */
  compacted: LogIndex = 0
  snapshot: { readonly metadata: SnapshotMetadata; readonly content: string } | undefined
  #entries: Entry[] = []

  copy(): Model {
    const copy = new Model()
    Object.assign(copy, this)
    copy.#entries = [...this.#entries]
    return copy
  }

  get lastIndex(): LogIndex {
    return this.base + this.#entries.length
  }

  termAt(index: LogIndex): Term {
    return this.#entries[index - this.base - 1]?.term ?? 0
  }

  /** What the entries from `from` on say. */
  texts(from: LogIndex): string[] {
    return this.#entries.slice(from - this.base - 1).map(({ term }, i) => `${from + i}@${term}`)
  }

  /** As a storage does it: the batch is right. */
  write({ truncateFrom, blocks, hardState, generation }: WriteBatch): void {
    if (truncateFrom !== undefined) this.#entries.length = truncateFrom - this.base - 1
    for (const { block, firstIndex } of blocks) {
      const { term, timestamp } = block
      for (let index = firstIndex; index <= block.lastIndex; index++) this.#entries.push({ term, timestamp })
    }
    if (hardState !== undefined) this.hardState = hardState
    if (generation !== undefined) this.generation = generation
  }

  /** Everything is given up: the log goes on behind the snapshot. */
  restart(index: LogIndex): void {
    this.base = index
    this.compacted = index
    this.#entries = []
  }

  /** What `open` returned. */
  expectState(state: StoredState, what: string): void {
    const { formatted, incarnation, members, hardState, generation, snapshot, runs, lastTimestamp } = state
    const first = runs[0]?.firstIndex ?? this.lastIndex + 1
    const beginsInTime = first > this.base && first <= this.compacted + 1
    check(beginsInTime, `${what}: the log begins at ${first}, compacted up to ${this.compacted}`)
    same(
      { formatted, incarnation, members, hardState, generation, snapshot, runs, lastTimestamp },
      {
        formatted: false,
        incarnation: IDENTITY.incarnation,
        members: IDENTITY.members,
        hardState: this.hardState,
        generation: this.generation,
        snapshot: this.snapshot?.metadata,
        runs: this.#runs(first),
        lastTimestamp: runs.length === 0 ? 0 : this.#entries.at(-1)!.timestamp,
      },
      what,
    )
  }

  #runs(first: LogIndex): Run[] {
    const runs: Run[] = []
    for (let index = first; index <= this.lastIndex; index++) {
      const term = this.termAt(index)
      const last = runs.at(-1)
      if (last?.term === term) runs[runs.length - 1] = { ...last, lastIndex: index }
      else runs.push({ firstIndex: index, lastIndex: index, term })
    }
    return runs
  }
}
