// Appends batches: one positioned write each, to the active segment; a new segment begins together with its first batch.
import type { LogPosition, StorageIdentity, Term, WriteBatch } from '@riverraft/core'
import { blockOffsets, encodeBatch, type PlannedBatch, planBatch } from './batch.js'
import { writeAll } from './calls.js'
import type { Done, File, FileSystem } from './file-system.js'
import { segmentName } from './names.js'
import { nextSegmentHeader, nextSequence } from './next-segment.js'
import type { RecoveredLog, Segment } from './recover-log.js'
import type { SegmentSupply } from './segment-supply.js'

interface ActiveSegment extends Segment {
  readonly file: File
  /** It was not prepared: every append makes it longer. */
  readonly growing: boolean
}

/** A batch that was judged and measured. */
export interface Append {
  readonly batch: WriteBatch
  /** The log begins anew behind it. */
  readonly restart: LogPosition | undefined
  /** Of the entry before the truncation: compaction may have taken it when the batch is durable. */
  readonly termBefore: Term
  readonly plan: PlannedBatch
}

export class LogAppender {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #segmentBytes: number
  readonly #identity: StorageIdentity
  readonly #supply: SegmentSupply
  readonly #state: RecoveredLog
  /** After every open a new one begins, with a salt of its own. */
  #active: ActiveSegment | undefined
  /** Segments that no spare was ready for when the one before was full. What an opening begins with does not count. */
  segmentWaits = 0

  constructor(
    fileSystem: FileSystem,
    directory: string,
    segmentBytes: number,
    identity: StorageIdentity,
    supply: SegmentSupply,
    state: RecoveredLog,
  ) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#segmentBytes = segmentBytes
    this.#identity = identity
    this.#supply = supply
    this.#state = state
  }

  /** @throws Error when it does not fit the format */
  plan(whole: WriteBatch): Append {
    const { log, dropped } = this.#state
    const restart = whole.restartBehind ?? (dropped ? log.base : undefined)
    // A restart gives everything up: there is nothing left to truncate.
    const batch = restart === undefined ? whole : { ...whole, truncateFrom: undefined }
    const { truncateFrom } = batch
    const termBefore = truncateFrom === undefined ? 0 : log.termAt(truncateFrom - 1)!
    return { batch, restart, termBefore, plan: planBatch(batch, termBefore, this.#state) }
  }

  /** `done` comes when it is durable and the log knows it. */
  append(append: Append, done: Done): void {
    const { restart, plan } = append
    const active = this.#active
    if (active !== undefined && restart === undefined && this.#fits(active, plan.bytes)) {
      const { buffers, crc } = encodeBatch(plan, active, this.#state.batch + 1)
      this.#write(active, buffers, active.end, (error) => {
        if (error) return done(error)
        this.#written(active, append, active.end, crc)
        done()
      })
    } else {
      this.#activate(append).then(() => done(), done)
    }
  }

  #fits(active: ActiveSegment, bytes: number): boolean {
    if (active.growing && this.#supply.ready) return false
    return active.end + bytes <= this.#segmentBytes
  }

  async #activate(append: Append): Promise<void> {
    const { restart, plan } = append
    const { segments } = this.#state
    const sequence = nextSequence(this.#state)
    const salt = this.#fileSystem.randomU32()
    const header = nextSegmentHeader(this.#state, this.#identity, salt, restart)
    const { file, growing } = await this.#openSegment(sequence)
    const active: ActiveSegment = { sequence, salt, file, growing, end: header.bytes.length, crc: header.crc }
    const old = this.#active
    this.#active = active
    if (old !== undefined) await this.#fileSystem.close(old.file)
    const { buffers, crc } = encodeBatch(plan, active, this.#state.batch + 1)
    await new Promise<void>((resolve, reject) => {
      this.#write(active, [header.bytes, ...buffers], 0, (error) => (error ? reject(error) : resolve()))
    })
    segments.push(active)
    if (restart !== undefined) this.#state.log.restart(restart.index, restart.term)
    this.#state.dropped = false
    this.#written(active, append, active.end, crc)
  }

  /** A spare segment, or a new empty file: nobody waits for zeros. Its name is durable before its content. */
  async #openSegment(sequence: number): Promise<{ file: File; growing: boolean }> {
    const path = `${this.#directory}/${segmentName(sequence)}`
    const spare = this.#supply.take()
    if (spare !== undefined) await this.#fileSystem.rename(spare, path)
    else if (this.#active !== undefined) this.segmentWaits++
    const file = await this.#fileSystem.open(path, spare === undefined ? 'create-log' : 'log')
    try {
      await this.#fileSystem.syncDirectory(this.#directory)
    } catch (error) {
      await this.#fileSystem.close(file)
      throw error
    }
    return { file, growing: spare === undefined }
  }

  #write(active: ActiveSegment, buffers: readonly Uint8Array[], position: number, done: Done): void {
    writeAll(this.#fileSystem, active.file, buffers, position, (error) => {
      if (error || this.#fileSystem.writesThrough) done(error)
      else this.#fileSystem.sync(active.file, done)
    })
  }

  /** The batch is durable at `position`: now it is part of the log. */
  #written(
    active: ActiveSegment,
    { batch: { truncateFrom, blocks, hardState, generation }, termBefore, plan }: Append,
    position: number,
    crc: number,
  ): void {
    const { log } = this.#state
    if (truncateFrom !== undefined) log.truncate(truncateFrom, termBefore)
    if (hardState !== undefined) this.#state.hardState = hardState
    if (generation !== undefined) this.#state.generation = generation
    let i = 0
    for (const offset of blockOffsets(plan)) {
      const { block, firstIndex } = blocks[i++]!
      const place = { sequence: active.sequence, offset: position + offset }
      log.append(firstIndex, block.lastIndex, block.term, place)
    }
    this.#state.batch++
    active.end = position + plan.bytes
    active.crc = crc
    this.#supply.inUse(active.growing ? Number.POSITIVE_INFINITY : active.end)
  }

  async close(): Promise<void> {
    const active = this.#active
    this.#active = undefined
    if (active !== undefined) await this.#fileSystem.close(active.file)
  }
}
