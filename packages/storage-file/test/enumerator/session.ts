// A storage that is used as a node uses it, while everything that it promises is written down.
import { type FileStorage, fileStorage } from '../../src/index.js'
import { block, content, metadata, stored, written } from '../harness/helpers.js'
import { DIRECTORY, type RecordingDisk } from './recording-disk.js'
import { entryAt, lastIndexOf, type Replica, type Snapshot, stateAt, type Told } from './told.js'
import { verify } from './verify.js'

export const SEGMENT_BYTES = 4096

/** Wires a storage wrongly, to see that this is noticed. */
export type Wiring = (storage: FileStorage) => FileStorage

/** What a batch does; entries are appended behind `truncateFrom`, or behind the log. */
export interface Change {
  readonly vote?: { readonly currentTerm: number; readonly votedFor: string | undefined }
  readonly generation?: number
  readonly truncateFrom?: number
  /** The log goes on behind this snapshot, and not behind what it was. */
  readonly restartBehind?: Snapshot
  /** Entries per block, of the present term. */
  readonly blocks?: readonly number[]
  /** Bytes of an entry. */
  readonly entryBytes?: number
}

export class Session {
  readonly disk: RecordingDisk
  readonly storage: FileStorage

  constructor(disk: RecordingDisk, wiring: Wiring = (storage) => storage) {
    this.disk = disk
    this.storage = wiring(
      fileStorage({ directory: DIRECTORY, segmentBytes: SEGMENT_BYTES, fileSystem: disk }),
    )
  }

  get #told(): Told {
    return this.disk.told
  }

  /** What was answered is promised from then on, whatever it was before. */
  async open(): Promise<void> {
    this.disk.tell(await verify(this.storage, this.#told))
  }

  /** @throws what the write fails with */
  async write(change: Change): Promise<void> {
    const { now } = this.#told
    const {
      vote: hardState,
      generation = now.generation,
      truncateFrom,
      restartBehind,
      blocks = [],
      entryBytes = 700,
    } = change
    const { currentTerm, votedFor } = hardState ?? now
    const before = restartBehind === undefined ? now : { ...now, base: restartBehind.index, entries: [] }
    const cut = truncateFrom === undefined ? before : upTo(before, truncateFrom - 1)
    let first = lastIndexOf(cut) + 1
    const made = blocks.map((count) => {
      const one = block(first, count, currentTerm, entryBytes)
      first += count
      return one
    })
    const added = made.flatMap((one) =>
      Array.from(
        { length: one.lastIndex - one.firstIndex + 1 },
        (_, i) => `${one.firstIndex + i}@${currentTerm}`,
      ),
    )
    const next = { currentTerm, votedFor, generation, base: cut.base, entries: [...cut.entries, ...added] }
    this.disk.tell({ next })
    const blocksToStore = made.map((one) => stored(one))
    await written(this.storage, {
      hardState,
      generation: change.generation,
      truncateFrom,
      restartBehind,
      blocks: blocksToStore,
    })
    this.disk.tell({ now: next, next: undefined })
  }

  /** Of an entry that the log has, or, with a term, of one that it lacks. */
  async save(index: number, term = termOf(this.#told.now, index)): Promise<void> {
    const saving: Snapshot = { index, term }
    this.disk.tell({ saving })
    await this.storage.saveSnapshot(metadata(index, term), content(...stateAt(index)))
    this.disk.tell({ snapshot: saving, saving: undefined })
  }

  compact(): Promise<void> {
    return this.storage.compact(this.#told.snapshot?.index ?? 0)
  }

  async close(): Promise<void> {
    await this.storage.close()
  }
}

function upTo(replica: Replica, index: number): Replica {
  return { ...replica, entries: replica.entries.slice(0, index - replica.base) }
}

function termOf(replica: Replica, index: number): number {
  return Number(entryAt(replica, index)!.split('@')[1])
}
