// A storage that obeys the test: it completes at once or when told, fails when told, and survives its process.
import type { HardState, LogIndex, Run, Term } from '../../../src/consensus/types.js'
import { RaftError } from '../../../src/ports/errors.js'
import type {
  LogPosition,
  SnapshotMetadata,
  Storage,
  StorageIdentity,
  StoredSnapshot,
  StoredState,
  WriteBatch,
  WriteCompleted,
} from '../../../src/ports/storage.js'
import { type EntryBlock, EntryKind, reframe } from '../../../src/wire/entry-block.js'
import type { World } from './world.js'

interface Slot {
  readonly block: EntryBlock
  readonly firstIndex: LogIndex
  lastIndex: LogIndex
}

export interface DiskOptions {
  /** 'at once': before `write` returns; 'later': a turn after; 'held': when `completeWrites` is called. */
  writes?: 'at once' | 'later' | 'held'
  /** False: `open` formats anew each time. */
  durable?: boolean
}

const decoder = new TextDecoder()
const KINDS: Record<number, string> = { [EntryKind.Noop]: 'noop', [EntryKind.OpenSession]: 'session' }

export class Disk {
  readonly world: World
  writes: 'at once' | 'later' | 'held'
  readonly durable: boolean
  /** The next write fails with this, and every later one. */
  failure: Error | undefined
  /** Asynchronous reads wait until the test lets them go. */
  holdReads = false
  /** Saving a snapshot completes when the test says so. */
  holdSnapshots = false
  /** A snapshot is there, but who saved it is told when the test says so. */
  holdSaved = false
  snapshot: { readonly metadata: SnapshotMetadata; readonly content: readonly Uint8Array[] } | undefined
  readonly batches: WriteBatch[] = []
  hardState: HardState = { currentTerm: 0, votedFor: undefined }
  generation = 0
  pending: { readonly batch: WriteBatch; readonly completed: WriteCompleted }[] = []
  closed = 0
  #heldReads: (() => void)[] = []
  #identity: StorageIdentity | undefined
  #slots: Slot[] = []
  /** The log begins behind it: compacted, or begun anew behind a snapshot. */
  begin: LogIndex = 0
  #beginTerm: Term = 0
  #heldSnapshots: (() => void)[] = []

  constructor(world: World, { writes = 'at once', durable = true }: DiskOptions = {}) {
    this.world = world
    this.writes = writes
    this.durable = durable
  }

  /** What one process opens. */
  storage(): Storage {
    return {
      name: 'test',
      durable: this.durable,
      open: async (identity) => this.#open(identity),
      write: (batch, completed) => this.#write(batch, completed),
      read: (from, bytesMax) => this.#read(from, bytesMax),
      saveSnapshot: (metadata, content) => this.#saveSnapshot(metadata, content),
      openSnapshot: async () => this.#openSnapshot(),
      compact: async (through) => this.#compact(through),
      close: async () => {
        this.closed++
        for (const { completed } of this.pending.splice(0))
          completed(new RaftError('ERR_STORAGE', 'closed before it was written'))
      },
    }
  }

  #open(identity: StorageIdentity): StoredState {
    const formatted = this.#identity === undefined || !this.durable
    if (formatted && identity.mustExist) throw new RaftError('ERR_STORAGE_EMPTY', 'it is empty')
    if (formatted) {
      this.#identity = identity
      this.#slots = []
      this.begin = 0
      this.#beginTerm = 0
      this.snapshot = undefined
      this.hardState = { currentTerm: 0, votedFor: undefined }
      this.generation = identity.generation ?? 0
    }
    const { incarnation, members } = this.#identity!
    if (this.#lacksSnapshot) this.#restart(this.snapshot!.metadata)
    const snapshot = this.snapshot?.metadata
    const lastTimestamp = this.#slots.at(-1)?.block.timestamp ?? 0
    const { hardState, generation, runs } = this
    const memberships = this.#slots
      .filter(({ block }) => block.members !== undefined)
      .map((slot) => slot.firstIndex)
    return {
      formatted,
      incarnation,
      members,
      hardState,
      generation,
      runs,
      memberships,
      snapshot,
      lastTimestamp,
    }
  }

  get runs(): Run[] {
    const runs: Run[] = []
    for (const { block, firstIndex, lastIndex } of this.#slots) {
      const last = runs.at(-1)
      if (last?.term === block.term) runs[runs.length - 1] = { ...last, lastIndex }
      else runs.push({ firstIndex, lastIndex, term: block.term })
    }
    return runs
  }

  termAt(index: LogIndex): number {
    return this.runs.find((run) => run.firstIndex <= index && index <= run.lastIndex)?.term ?? 0
  }

  /** The log, an entry a line: `index/term command`. */
  get log(): string[] {
    return this.#slots.flatMap(({ block, firstIndex, lastIndex }) =>
      [...block.entries(firstIndex, lastIndex)].map(
        ({ index, kind, payload }) => `${index}/${block.term} ${KINDS[kind] ?? decoder.decode(payload)}`,
      ),
    )
  }

  /** Blocks that were written by hand, as another version would have. */
  prepare(identity: StorageIdentity, hardState: HardState, blocks: readonly EntryBlock[]): void {
    this.#identity = identity
    this.#store({
      hardState,
      truncateFrom: undefined,
      blocks: blocks.map((block) => ({ block, firstIndex: block.firstIndex })),
    })
  }

  #write(batch: WriteBatch, completed: WriteCompleted): void {
    this.batches.push(batch)
    if (this.pending.length > 0) throw new Error('two writes in flight')
    if (this.writes === 'at once') return this.#complete(batch, completed)
    const item = { batch, completed }
    this.pending.push(item)
    if (this.writes === 'later')
      this.world.nextTurn(() => this.pending.includes(item) && this.completeWrites())
  }

  /** The write in flight completes. */
  completeWrites(): void {
    for (const { batch, completed } of this.pending.splice(0)) this.#complete(batch, completed)
  }

  #complete(batch: WriteBatch, completed: WriteCompleted): void {
    if (this.failure !== undefined) return completed(this.failure)
    this.#store(batch)
    completed()
  }

  #store({ hardState, generation, truncateFrom, restartBehind, blocks }: WriteBatch): void {
    this.hardState = hardState ?? this.hardState
    this.generation = generation ?? this.generation
    if (truncateFrom !== undefined) {
      this.#slots = this.#slots.filter(({ firstIndex }) => firstIndex < truncateFrom)
      const last = this.#slots.at(-1)
      if (last !== undefined) last.lastIndex = Math.min(last.lastIndex, truncateFrom - 1)
    }
    if (restartBehind !== undefined) {
      const { index, term } = restartBehind
      if (blocks.length === 0) throw new Error(`nothing behind ${index}`)
      if (index > this.#snapshotIndex) throw new Error(`no snapshot replaces ${index}`)
      if (index === this.#snapshotIndex && term !== this.snapshot?.metadata.term)
        throw new Error(`the snapshot of ${index} is not of term ${term}`)
      this.#restart(restartBehind)
    }
    for (const { block, firstIndex } of blocks) {
      const end = this.#slots.at(-1)?.lastIndex ?? this.begin
      if (firstIndex !== end + 1) throw new Error(`a gap: ${firstIndex} after ${end}`)
      this.#slots.push({ block, firstIndex, lastIndex: block.lastIndex })
    }
  }

  get #snapshotIndex(): LogIndex {
    return this.snapshot?.metadata.index ?? 0
  }

  /** The log does not have the snapshot's last entry. */
  get #lacksSnapshot(): boolean {
    const { index, term } = this.snapshot?.metadata ?? { index: 0, term: 0 }
    return index >= this.begin && (index === this.begin ? this.#beginTerm : this.termAt(index)) !== term
  }

  #restart({ index, term }: LogPosition): void {
    this.#slots = []
    this.begin = index
    this.#beginTerm = term
  }

  async #saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(new Uint8Array(piece))
    if (this.holdSnapshots) await new Promise<void>((resolve) => this.#heldSnapshots.push(resolve))
    if (this.failure !== undefined) throw this.failure
    this.snapshot = { metadata, content: pieces }
    if (this.holdSaved) await new Promise<void>((resolve) => this.#heldSnapshots.push(resolve))
  }

  /** Snapshots that are written and not durable yet. */
  get heldSnapshots(): number {
    return this.#heldSnapshots.length
  }

  releaseSnapshots(): void {
    for (const release of this.#heldSnapshots.splice(0)) release()
  }

  #openSnapshot(): StoredSnapshot | undefined {
    if (this.snapshot === undefined) return undefined
    const { metadata, content } = this.snapshot
    return { metadata, content: iterate(content) }
  }

  /** Whole blocks only. */
  #compact(through: LogIndex): void {
    const limit = Math.min(through, this.#snapshotIndex)
    while (this.#slots.length > 0 && this.#slots[0]!.lastIndex <= limit) {
      const { lastIndex, block } = this.#slots.shift()!
      this.begin = lastIndex
      this.#beginTerm = block.term
    }
  }

  async #read(from: LogIndex, bytesMax: number): Promise<EntryBlock[]> {
    const found: EntryBlock[] = []
    let bytes = 0
    for (const { block, firstIndex, lastIndex } of this.#slots) {
      if (lastIndex < from) continue
      const effective = reframe(block, firstIndex, lastIndex)
      bytes += effective.byteLength
      if (found.length > 0 && bytes > bytesMax) break
      found.push(effective)
    }
    if (this.holdReads) await new Promise<void>((resolve) => this.#heldReads.push(resolve))
    return found
  }

  get heldReads(): number {
    return this.#heldReads.length
  }

  releaseReads(): void {
    for (const release of this.#heldReads.splice(0)) release()
  }
}

async function* iterate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces
}
