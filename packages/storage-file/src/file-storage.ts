// The Storage port over a directory of files: what `write` has completed, a power failure leaves in place.
import { resolve } from 'node:path'
import {
  type EntryBlock,
  ID_BYTES_MAX,
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
import { failure } from './errors.js'
import type { FileSystem } from './file-system.js'
import { nodeFileSystem } from './node-file-system.js'
import { OpenLog } from './open-log.js'

export interface FileStorageOptions {
  /** Created when it is missing. One directory for one member; nothing else should be in it. */
  readonly directory: string
  /** Size of a log segment in bytes, 4 KiB to 1 GiB. Default 64 MiB. Disk use is about twice that and more. */
  readonly segmentBytes?: number
  /** The machine's files. Default: those of this machine. For simulators and tests. */
  readonly fileSystem?: FileSystem
}

export interface FileStorageStats {
  /** Segments that hold log. */
  readonly segments: number
  /** Segments that are ready for use, at most eight. */
  readonly spareSegments: number
  /** How often a segment was full before a spare one was ready: appends to the one that was begun are slower. */
  readonly segmentWaits: number
}

export interface FileStorage extends Storage {
  /** Of this opening; zeros when it is not open. */
  stats(): FileStorageStats
}

/**
 * Durable storage in a directory. One instance serves one node at a time.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function fileStorage(options: FileStorageOptions): FileStorage {
  const { directory, segmentBytes = 64 * 1024 * 1024, fileSystem } = options
  if (typeof directory !== 'string' || directory === '') {
    throw new RaftError('ERR_INVALID_OPTION', 'directory must be a path')
  }
  if (!Number.isInteger(segmentBytes) || segmentBytes < 4096 || segmentBytes > 2 ** 30) {
    throw new RaftError('ERR_INVALID_OPTION', `segmentBytes must be 4 KiB to 1 GiB, not ${segmentBytes}`)
  }
  return fileSystem === undefined
    ? new DirectoryStorage(nodeFileSystem(), resolve(directory), segmentBytes)
    : new DirectoryStorage(fileSystem, directory, segmentBytes)
}

class DirectoryStorage implements FileStorage {
  readonly name = 'file'
  readonly durable = true
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #segmentBytes: number
  #opened: OpenLog | 'opening' | undefined
  #saves: SnapshotSaves | undefined
  #poison: RaftError | undefined
  /** Calls that `close` waits for. */
  #underWay = 0
  #idle: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(fileSystem: FileSystem, directory: string, segmentBytes: number) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#segmentBytes = segmentBytes
  }

  async open(identity: StorageIdentity): Promise<StoredState> {
    if (this.#poison) throw this.#poison
    if (this.#opened !== undefined || this.#closing !== undefined) {
      throw new RaftError('ERR_STORAGE_LOCKED', `file storage ${this.#directory}: it is open already`)
    }
    this.#opened = 'opening'
    this.#underWay++
    try {
      checkIds(identity)
      const { log, state } = await OpenLog.open(
        this.#fileSystem,
        this.#directory,
        this.#segmentBytes,
        identity,
      )
      this.#opened = log
      this.#saves = new SnapshotSaves()
      return state
    } catch (cause) {
      this.#opened = undefined
      throw failure(this.#directory, 'it cannot be opened', cause)
    } finally {
      this.#ended()
    }
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    const log = this.#usable()
    if (log instanceof RaftError) return completed(log)
    this.#underWay++
    log.write(batch, (cause) => {
      const error = cause ? this.#poisoned('a write failed', cause) : undefined
      this.#ended()
      completed(error)
    })
  }

  async read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]> {
    return this.#call((log) => log.read(from, bytesMax))
  }

  async saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    let watched: WatchedContent | undefined
    await this.#call(
      (log) =>
        this.#saves!.save(content, (endable) => {
          watched = new WatchedContent(endable)
          return log.saveSnapshot(metadata, watched)
        }),
      // Without a content it was given up before it began.
      (cause) => (watched?.failed === false ? this.#poisoned('saving a snapshot failed', cause) : cause),
    )
  }

  async openSnapshot(): Promise<StoredSnapshot | undefined> {
    const snapshot = await this.#call((log) => log.openSnapshot(() => this.#check(log)))
    return snapshot && { ...snapshot, content: this.#explained(snapshot.content) }
  }

  /** @throws what a call of an earlier opening, of a closed or of a poisoned storage fails with */
  #check(log: OpenLog): void {
    const now = this.#usable()
    if (now !== log) throw now instanceof RaftError ? now : this.#notOpen()
  }

  async *#explained(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* content
    } catch (cause) {
      throw failure(this.#directory, 'reading the snapshot failed', cause)
    }
  }

  async compact(through: LogIndex): Promise<void> {
    await this.#call(
      (log) => log.compact(through),
      (cause) => this.#poisoned('removing old segments failed', cause),
    )
  }

  stats(): FileStorageStats {
    return this.#opened instanceof OpenLog
      ? this.#opened.stats()
      : { segments: 0, spareSegments: 0, segmentWaits: 0 }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#saves?.end(this.#notOpen())
    while (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    const log = this.#opened
    this.#opened = undefined
    if (log instanceof OpenLog) await log.close()
  }

  async #call<Answer>(
    use: (log: OpenLog) => Promise<Answer>,
    failed = (cause: unknown): unknown => failure(this.#directory, 'reading failed', cause),
  ): Promise<Answer> {
    const log = this.#usable()
    if (log instanceof RaftError) throw log
    this.#underWay++
    try {
      return await use(log)
    } catch (cause) {
      throw failed(cause)
    } finally {
      this.#ended()
    }
  }

  #ended(): void {
    this.#underWay--
    if (this.#underWay === 0) this.#idle?.()
  }

  #usable(): OpenLog | RaftError {
    if (this.#poison) return this.#poison
    if (this.#opened instanceof OpenLog && this.#closing === undefined) return this.#opened
    return this.#notOpen()
  }

  #notOpen(): RaftError {
    return new RaftError('ERR_STORAGE', `file storage ${this.#directory}: it is not open`)
  }

  /** What the disk holds is no longer known, and asking it again would not tell: only a new opening can. */
  #poisoned(doing: string, cause: unknown): RaftError {
    this.#poison ??= failure(this.#directory, doing, cause)
    void this.#saves?.end(this.#poison)
    return this.#poison
  }
}

/** They have to fit into the header of a segment. */
function checkIds({ clusterId, nodeId, incarnation }: StorageIdentity): void {
  for (const id of [clusterId, nodeId, incarnation]) {
    if (Buffer.byteLength(id) > ID_BYTES_MAX) {
      throw new RaftError('ERR_INVALID_OPTION', `an id of more than ${ID_BYTES_MAX} bytes: ${id}`)
    }
  }
}

/** Remembers whether it was the content that failed. */
class WatchedContent implements AsyncIterable<Uint8Array> {
  readonly #content: AsyncIterable<Uint8Array>
  failed = false

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#content
    } catch (error) {
      this.failed = true
      throw error
    }
  }
}
