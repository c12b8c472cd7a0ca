// A storage that obeys the test: it completes at once or when told, fails when told, and survives its process.
import type { HardState, LogIndex, Run } from '../../../src/consensus/types.js'
import { RaftError } from '../../../src/ports/errors.js'
import type {
  Storage,
  StorageIdentity,
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
  readonly batches: WriteBatch[] = []
  hardState: HardState = { currentTerm: 0, votedFor: undefined }
  pending: { readonly batch: WriteBatch; readonly completed: WriteCompleted }[] = []
  closed = 0
  #heldReads: (() => void)[] = []
  #identity: StorageIdentity | undefined
  #slots: Slot[] = []

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
      saveSnapshot: async () => Promise.reject(new Error('no snapshots here')),
      openSnapshot: async () => undefined,
      compact: async () => {},
      close: async () => {
        this.closed++
        for (const { completed } of this.pending.splice(0))
          completed(new RaftError('ERR_STORAGE', 'closed before it was written'))
      },
    }
  }

  #open(identity: StorageIdentity): StoredState {
    const formatted = this.#identity === undefined || !this.durable
    if (formatted) {
      this.#identity = identity
      this.#slots = []
      this.hardState = { currentTerm: 0, votedFor: undefined }
    }
    const { incarnation, members } = this.#identity!
    const lastTimestamp = this.#slots.at(-1)?.block.timestamp ?? 0
    const { hardState, runs } = this
    const memberships = this.#slots
      .filter(({ block }) => block.members !== undefined)
      .map((slot) => slot.firstIndex)
    return {
      formatted,
      incarnation,
      members,
      hardState,
      runs,
      memberships,
      snapshot: undefined,
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

  #store({ hardState, truncateFrom, blocks }: WriteBatch): void {
    this.hardState = hardState ?? this.hardState
    if (truncateFrom !== undefined) {
      this.#slots = this.#slots.filter(({ firstIndex }) => firstIndex < truncateFrom)
      const last = this.#slots.at(-1)
      if (last !== undefined) last.lastIndex = Math.min(last.lastIndex, truncateFrom - 1)
    }
    for (const { block, firstIndex } of blocks) {
      const end = this.#slots.at(-1)?.lastIndex ?? 0
      if (firstIndex !== end + 1) throw new Error(`a gap: ${firstIndex} after ${end}`)
      this.#slots.push({ block, firstIndex, lastIndex: block.lastIndex })
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
