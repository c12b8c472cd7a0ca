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
import type { Process } from '../world/process.js'

/** What an observer is told; it may not change anything. */
export interface StorageObserver {
  opened(stored: StoredState): void
  /** A write begins: it may be on the disk from now on. */
  writing(batch: WriteBatch): void
  /** The storage says: durable. */
  durable(batch: WriteBatch): void
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

  saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#call('write', () => this.#storage.saveSnapshot(metadata, content))
  }

  openSnapshot(): Promise<StoredSnapshot | undefined> {
    return this.#call('read', () => this.#storage.openSnapshot())
  }

  compact(through: number): Promise<void> {
    return this.#call('write', () => this.#storage.compact(through))
  }

  close(): Promise<void> {
    return this.#call('close', () => this.#storage.close())
  }

  async #call<T>(call: 'open' | 'read' | 'write' | 'close', run: () => Promise<T>): Promise<T> {
    if (!this.#process.reaches(call, false)) return never()
    // Somebody waits for a promise of ours: what happens in this process may settle it.
    this.#process.openPromises++
    try {
      const result = await run()
      return this.#process.reaches(call, true) ? result : never()
    } catch (error) {
      // Nobody is there to be told.
      if (!this.#process.alive) return never()
      if (call !== 'close') this.#observer.failed(error as Error)
      throw error
    } finally {
      this.#process.openPromises--
    }
  }
}
