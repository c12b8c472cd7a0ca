// An opened directory: its lock, its log and its snapshots, and what is done with them.
import type {
  EntryBlock,
  LogIndex,
  SnapshotMetadata,
  StorageIdentity,
  StoredSnapshot,
  StoredState,
  WriteBatch,
} from '@riverraft/core'
import { RaftError } from '@riverraft/core'
import { checkRestart } from './effective-log.js'
import type { Done, FileSystem } from './file-system.js'
import { type Append, LogAppender } from './log-appender.js'
import { segmentName } from './names.js'
import { type OpenedDirectory, openDirectory, refuseEmpty, storedStateOf } from './open-directory.js'
import { readLog } from './read-log.js'
import { SegmentSupply } from './segment-supply.js'

export class OpenLog {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #opened: OpenedDirectory
  readonly #supply: SegmentSupply
  readonly #appender: LogAppender
  readonly #unlock: () => Promise<void>
  #writing = false
  /** One compaction after another; none after one that failed. */
  #compacting: Promise<void> = Promise.resolve()

  static async open(
    fileSystem: FileSystem,
    directory: string,
    segmentBytes: number,
    identity: StorageIdentity,
  ): Promise<{ log: OpenLog; state: StoredState }> {
    if (identity.mustExist) await refuseEmpty(fileSystem, directory)
    await fileSystem.makeDirectory(directory)
    const unlock = await fileSystem.lock(directory)
    if (unlock === undefined) {
      throw new RaftError('ERR_STORAGE_LOCKED', `${directory} is open already, in this process or another`)
    }
    try {
      const opened = await openDirectory(fileSystem, directory, identity)
      const log = new OpenLog(fileSystem, directory, segmentBytes, opened, unlock)
      await log.#supply.spares.adopt(opened.spares)
      return { log, state: await log.#stored() }
    } catch (error) {
      await unlock()
      throw error
    }
  }

  private constructor(
    fileSystem: FileSystem,
    directory: string,
    segmentBytes: number,
    opened: OpenedDirectory,
    unlock: () => Promise<void>,
  ) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#opened = opened
    this.#unlock = unlock
    this.#supply = new SegmentSupply(fileSystem, directory, segmentBytes)
    const { identity, state } = opened
    this.#appender = new LogAppender(fileSystem, directory, segmentBytes, identity, this.#supply, state)
  }

  async #stored(): Promise<StoredState> {
    const [last] = await this.read(this.#opened.state.log.lastIndex, 1)
    return storedStateOf(this.#opened, last)
  }

  /** `done` may come before this returns. */
  write(batch: WriteBatch, done: Done): void {
    const append = this.#judge(batch)
    if (append instanceof Error) return done(append)
    if (append.plan.steps.length === 0) return done()
    this.#writing = true
    this.#appender.append(append, (error) => {
      this.#writing = false
      done(error)
    })
  }

  /** A batch happens completely or not at all: what is wrong is found before anything is written. */
  #judge(batch: WriteBatch): Append | Error {
    try {
      if (this.#writing) throw new Error('a write was begun while another was under way')
      const { truncateFrom, restartBehind, blocks } = batch
      const { snapshots, state } = this.#opened
      if (restartBehind === undefined) state.log.check(truncateFrom, blocks)
      else checkRestart(restartBehind, snapshots.newest, blocks)
      return this.#appender.plan(batch)
    } catch (error) {
      return error as Error
    }
  }

  async read(from: LogIndex, bytesMax: number): Promise<EntryBlock[]> {
    const { log, segments } = this.#opened.state
    const first = segments[0]?.sequence
    try {
      return await readLog(this.#fileSystem, this.#directory, log, segments, from, bytesMax)
    } catch (error) {
      if (segments[0]?.sequence === first) throw error
      // Compacted while it was being read: a file is gone, or holds something else by now. Nothing may be left to read
      // at `from`, or, behind a truncation or a restart, other entries.
      return this.read(from, bytesMax)
    }
  }

  saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#opened.snapshots.save(metadata, content)
  }

  /** Its content can be read while `check` does not throw. */
  openSnapshot(check: () => void): Promise<StoredSnapshot | undefined> {
    return this.#opened.snapshots.open(check)
  }

  /**
   * Oldest first, each one's name durably gone before the next: a crash leaves no gap. The last segment stays: it holds
   * the hard state. A log that the opening gave up stays whole until it has restarted: its last segment alone may begin
   * behind the snapshot, and would not say yet that it does not count.
   */
  compact(through: LogIndex): Promise<void> {
    this.#compacting = this.#compacting.then(() => this.#compact(through))
    return this.#compacting
  }

  async #compact(through: LogIndex): Promise<void> {
    const { state, snapshots } = this.#opened
    const { log, segments } = state
    const limit = Math.min(through, snapshots.newest?.index ?? 0)
    while (!state.dropped && segments.length > 1 && log.endBefore(segments[1]!.sequence) <= limit) {
      const { sequence } = segments.shift()!
      log.forgetBefore(segments[0]!.sequence)
      const path = `${this.#directory}/${segmentName(sequence)}`
      const { spares } = this.#supply
      const spare = await spares.reserveFor(path)
      if (spare === undefined) await this.#fileSystem.remove(path)
      else await this.#fileSystem.rename(path, spare)
      await this.#fileSystem.syncDirectory(this.#directory)
      if (spare !== undefined) spares.recycle(spare)
    }
  }

  stats(): { segments: number; spareSegments: number; segmentWaits: number } {
    const { segments } = this.#opened.state
    const { segmentWaits } = this.#appender
    return { segments: segments.length, spareSegments: this.#supply.spares.count, segmentWaits }
  }

  /** No write is in flight. */
  async close(): Promise<void> {
    try {
      await this.#supply.stop()
      await this.#opened.snapshots.close()
      await this.#appender.close()
    } finally {
      await this.#unlock()
    }
  }
}
