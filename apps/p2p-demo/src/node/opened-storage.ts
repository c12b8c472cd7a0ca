// A storage that remembers what it held when it was opened.
import type {
  EntryBlock,
  LogIndex,
  SnapshotMetadata,
  Storage,
  StorageIdentity,
  StoredSnapshot,
  StoredState,
  Term,
  WriteBatch,
  WriteCompleted,
} from '@riverraft/core'

/** The end of a log; index 0: it is empty. */
export interface LogEnd {
  readonly lastIndex: LogIndex
  readonly term: Term
}

export class OpenedStorage implements Storage {
  readonly name: string
  readonly durable: boolean
  readonly #storage: Storage
  #recovered: LogEnd = { lastIndex: 0, term: 0 }

  constructor(storage: Storage) {
    this.#storage = storage
    this.name = storage.name
    this.durable = storage.durable
  }

  /** What `open` found. */
  get recovered(): LogEnd {
    return this.#recovered
  }

  async open(identity: StorageIdentity): Promise<StoredState> {
    const state = await this.#storage.open(identity)
    const { lastIndex, term } = state.runs.at(-1) ?? {
      lastIndex: state.snapshot?.index ?? 0,
      term: state.snapshot?.term ?? 0,
    }
    this.#recovered = { lastIndex, term }
    return state
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    this.#storage.write(batch, completed)
  }

  read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]> {
    return this.#storage.read(from, bytesMax)
  }

  saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#storage.saveSnapshot(metadata, content)
  }

  openSnapshot(): Promise<StoredSnapshot | undefined> {
    return this.#storage.openSnapshot()
  }

  compact(through: LogIndex): Promise<void> {
    return this.#storage.compact(through)
  }

  close(): Promise<void> {
    return this.#storage.close()
  }
}
