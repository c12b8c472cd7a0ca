// The Storage port over memory: nothing outlives `close`, and `durable` says so.
import {
  type EntryBlock,
  type LogIndex,
  RaftError,
  type SnapshotMetadata,
  SnapshotSaves,
  type Storage,
  type StorageIdentity,
  type StoredSnapshot,
  type StoredState,
  type WriteBatch,
  type WriteCompleted,
} from '@riverraft/core'
import { MemoryLog } from './memory-log.js'

/** Storage in memory: everything is gone when it is closed. One instance serves one node at a time. */
export function memoryStorage(): Storage {
  return new MemoryStorage()
}

class MemoryStorage implements Storage {
  readonly name = 'memory'
  readonly durable = false
  /** Exists while open. */
  #log: MemoryLog | undefined
  #snapshot: { readonly metadata: SnapshotMetadata; readonly content: readonly Uint8Array[] } | undefined
  #saves = new SnapshotSaves()
  #poison: RaftError | undefined

  /** Formats anew every time: there is nothing that an earlier `open` could have left. */
  async open(identity: StorageIdentity): Promise<StoredState> {
    if (this.#poison) throw this.#poison
    if (this.#log) throw new RaftError('ERR_STORAGE_LOCKED', 'memory storage: it is open already')
    if (identity.mustExist) throw new RaftError('ERR_STORAGE_EMPTY', 'memory storage: it is empty')
    this.#log = new MemoryLog()
    this.#saves = new SnapshotSaves()
    return {
      formatted: true,
      incarnation: identity.incarnation,
      members: identity.members,
      hardState: { currentTerm: 0, votedFor: undefined },
      generation: identity.generation ?? 0,
      runs: [],
      memberships: [],
      snapshot: undefined,
      lastTimestamp: 0,
    }
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    completed(this.#failureOf(batch))
  }

  /** Hard state and generation are not kept: only `open` would return it, and by then it would be gone. */
  #failureOf(batch: WriteBatch): RaftError | undefined {
    const log = this.#log
    if (this.#poison || !log) return this.#unusable()
    const { truncateFrom, restartBehind, blocks } = batch
    try {
      if (restartBehind === undefined) log.check(truncateFrom, blocks)
      else log.checkRestart(restartBehind, this.#snapshot?.metadata, blocks)
      if (restartBehind !== undefined) log.restart(restartBehind)
      else if (truncateFrom !== undefined) log.truncate(truncateFrom)
      for (const stored of blocks) log.append(stored)
      return undefined
    } catch (cause) {
      // The node and its storage no longer agree about the log: nothing that follows could be trusted.
      const poison = storageError(cause instanceof Error ? cause.message : 'the write failed', cause)
      this.#poison = poison
      void this.#saves.end(poison)
      return poison
    }
  }

  async read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]> {
    if (this.#poison || !this.#log) throw this.#unusable()
    return this.#log.read(from, bytesMax)
  }

  async saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#poison || !this.#log) throw this.#unusable()
    await this.#saves.save(content, async (live) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of live) chunks.push(chunk.slice())
      if (metadata.index >= (this.#snapshot?.metadata.index ?? 0))
        this.#snapshot = { metadata, content: chunks }
    })
  }

  async openSnapshot(): Promise<StoredSnapshot | undefined> {
    if (this.#poison || !this.#log) throw this.#unusable()
    const snapshot = this.#snapshot
    return snapshot && { metadata: snapshot.metadata, content: this.#iterate(this.#log, snapshot.content) }
  }

  async compact(through: LogIndex): Promise<void> {
    if (this.#poison || !this.#log) throw this.#unusable()
    this.#log.compact(Math.min(through, this.#snapshot?.metadata.index ?? 0))
  }

  async close(): Promise<void> {
    this.#log = undefined
    await this.#saves.end(storageError('it was closed'))
    this.#snapshot = undefined
  }

  /** Ends with the opening that it is of. */
  async *#iterate(
    log: MemoryLog,
    chunks: readonly Uint8Array[],
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (const chunk of chunks) {
      if (this.#poison || this.#log !== log) throw this.#unusable()
      yield chunk
    }
  }

  #unusable(): RaftError {
    return this.#poison ?? storageError('it is not open')
  }
}

function storageError(what: string, cause?: unknown): RaftError {
  return new RaftError('ERR_STORAGE', `memory storage: ${what}`, cause === undefined ? undefined : { cause })
}
