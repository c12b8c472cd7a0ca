// Any storage, watched: what is durable by its own word, and a process that may die before or after each call.
import type {
  EntryBlock,
  SnapshotMetadata,
  Storage,
  StorageIdentity,
  StoredSnapshot,
  StoredState,
  WriteBatch,
  WriteCompleted,
} from '@riverraft/core'
import type { PortCall, Process } from '../world/process.js'

/** What an observer is told; it may not change anything. */
export interface StorageObserver {
  opened(stored: StoredState): void
  /** A write begins: it may be on the disk from now on. */
  writing(batch: WriteBatch): void
  /** The storage says: durable. */
  durable(batch: WriteBatch): void
  /** A snapshot is on its way: it may be on the disk from now on. */
  savingSnapshot(metadata: SnapshotMetadata): void
  /** The storage says that it is durable. `content`: what was stored, in pieces. */
  savedSnapshot(metadata: SnapshotMetadata, content: readonly Uint8Array[]): void
  /** Its content was given up: nothing is left of it. */
  droppedSnapshot(metadata: SnapshotMetadata): void
  /** The storage said that it failed. */
  failed(error: Error): void
}

const never = <T>(): Promise<T> => new Promise(() => {})

export class ObservedStorage implements Storage {
  readonly name: string
  readonly durable: boolean
  readonly #storage: Storage
  readonly #process: Process
  readonly #observer: StorageObserver

  constructor(storage: Storage, process: Process, observer: StorageObserver) {
    this.name = storage.name
    this.durable = storage.durable
    this.#storage = storage
    this.#process = process
    this.#observer = observer
  }

  async open(identity: StorageIdentity): Promise<StoredState> {
    const stored = await this.#call('open', () => this.#storage.open(identity))
    this.#observer.opened(stored)
    return stored
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    if (!this.#process.reaches('write', false)) return
    this.#observer.writing(batch)
    this.#storage.write(batch, (error) => {
      // Nobody is there to be told.
      if (!this.#process.alive) return
      if (error === undefined) this.#observer.durable(batch)
      else this.#observer.failed(error)
      completed(error)
    })
    this.#process.reaches('write', true)
  }

  read(from: number, bytesMax: number): Promise<readonly EntryBlock[]> {
    return this.#call('read', () => this.#storage.read(from, bytesMax))
  }

  async saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    const watched = new WatchedContent(content)
    await this.#call(
      'save snapshot',
      async () => {
        this.#observer.savingSnapshot(metadata)
        await this.#storage.saveSnapshot(metadata, watched)
        if (this.#process.alive) this.#observer.savedSnapshot(metadata, watched.pieces)
      },
      () => {
        if (watched.failed) this.#observer.droppedSnapshot(metadata)
        return watched.failed
      },
    )
  }

  /** No failure of the disk that ends the node: whoever it was read for may not need it any more (seeds 3678 and 3729). */
  openSnapshot(): Promise<StoredSnapshot | undefined> {
    return this.#call(
      'open snapshot',
      () => this.#storage.openSnapshot(),
      () => true,
    )
  }

  compact(through: number): Promise<void> {
    return this.#call('compact', () => this.#storage.compact(through))
  }

  close(): Promise<void> {
    return this.#call('close', () => this.#storage.close())
  }

  /** `isHarmless`: what failed was no storage. */
  async #call<T>(
    call: PortCall,
    run: () => Promise<T>,
    isHarmless = (): boolean => call === 'close',
  ): Promise<T> {
    if (!this.#process.reaches(call, false)) return never()
    // Somebody waits for a promise of ours: what happens in this process may settle it.
    this.#process.openPromises++
    try {
      const result = await run()
      return this.#process.reaches(call, true) ? result : never()
    } catch (error) {
      // Nobody is there to be told.
      if (!this.#process.alive) return never()
      if (!isHarmless()) this.#observer.failed(error as Error)
      throw error
    } finally {
      this.#process.openPromises--
    }
  }
}

/** Keeps what passes, and whether it was the content that failed. */
class WatchedContent implements AsyncIterable<Uint8Array> {
  readonly #content: AsyncIterable<Uint8Array>
  readonly pieces: Uint8Array[] = []
  failed = false

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const pieces = this.#content[Symbol.asyncIterator]()
    for (;;) {
      let next: IteratorResult<Uint8Array>
      try {
        next = await pieces.next()
      } catch (error) {
        this.failed = true
        throw error
      }
      if (next.done) return
      this.pieces.push(new Uint8Array(next.value))
      yield next.value
    }
  }
}
