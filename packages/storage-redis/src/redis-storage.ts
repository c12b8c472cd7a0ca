// The Storage port over one Redis: what a completed write holds, it has synced.
import type {
  EntryBlock,
  LogIndex,
  RaftError,
  SnapshotMetadata,
  Storage,
  StorageIdentity,
  StoredSnapshot,
  StoredState,
  WriteBatch,
  WriteCompleted,
} from '@riverraft/core'
import { batchArguments, readBlocks } from './blocks.js'
import { compactLog } from './compaction.js'
import { storageError } from './errors.js'
import { type RedisStorageOptions, resolveSettings, type Settings } from './options.js'
import { WRITE } from './scripts/write.js'
import type { Session } from './session.js'
import { openSnapshot, saveSnapshot } from './snapshots.js'
import { openSession } from './stored-state.js'

/**
 * Storage in a Redis of its own: one Redis per replica, not shared, not failing over.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function redisStorage(options: RedisStorageOptions): Storage {
  return new RedisStorage(resolveSettings(options))
}

class RedisStorage implements Storage {
  readonly name = 'redis'
  readonly durable = true
  readonly #settings: Settings
  /** Set while open, being opened, or poisoned. */
  #opening: Promise<StoredState> | undefined
  #session: Session | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async open(identity: StorageIdentity): Promise<StoredState> {
    if (this.#session?.failure) throw this.#session.failure
    if (this.#opening !== undefined) throw storageError('ERR_STORAGE_LOCKED', 'it is open already')
    this.#opening = openSession(this.#settings, identity).then(({ session, state }) => {
      this.#session = session
      return state
    })
    this.#opening.catch(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    const session = this.#session
    if (session === undefined || session.failure) return completed(this.#unusable())
    const written = session.change('write', WRITE, batchArguments(batch, session.lastIndex)).then(
      (last) => {
        session.lastIndex = Number(last)
        return undefined
      },
      (error: RaftError) => error,
    )
    // What the node's own callback throws is no failed write.
    this.#writing = written.then((error) => completed(error))
  }

  async read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]> {
    return readBlocks(this.#usable(), from, bytesMax)
  }

  async saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    const session = this.#usable()
    return session.saves.save(content, (live) => saveSnapshot(session, metadata, live))
  }

  async openSnapshot(): Promise<StoredSnapshot | undefined> {
    return openSnapshot(this.#usable())
  }

  async compact(through: LogIndex): Promise<void> {
    return compactLog(this.#usable(), through)
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const session = this.#session
    await this.#writing.catch(() => {})
    await session?.close()
    // A poisoned storage stays what it is.
    if (session?.failure === undefined) this.#session = undefined
    this.#opening = undefined
  }

  #usable(): Session {
    if (this.#session === undefined || this.#session.failure) throw this.#unusable()
    return this.#session
  }

  #unusable(): RaftError {
    return this.#session?.failure ?? storageError('ERR_STORAGE', 'it is not open')
  }
}
