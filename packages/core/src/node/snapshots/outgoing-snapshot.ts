// A snapshot on its way to one follower: read ahead a little, sent as far as the follower has room, repeated after a loss.

import type { InstallSnapshotReply } from '../../consensus/messages.js'
import type { StoredSnapshot } from '../../ports/storage.js'
import type { InstallSnapshotChunk } from '../../wire/messages.js'
import { SNAPSHOT_CREDIT_BYTES } from './incoming-snapshot.js'
import { SnapshotPace } from './snapshot-pace.js'
import type { SnapshotInfo } from './snapshot-store.js'

export interface OutgoingHost {
  now(): number
  readonly term: number
  readonly chunkBytesMax: number
  /** Silence after which the follower is asked again. */
  readonly patienceMs: number
  /** What is on its way may keep a heartbeat waiting for about so long. */
  readonly delayMsMax: number
  open(): Promise<StoredSnapshot | undefined>
  send(chunk: InstallSnapshotChunk): void
  /** Something was read: `run` has something to do. */
  wake(): void
  failed(error: Error): void
}

interface Chunk {
  readonly offset: number
  readonly data: Uint8Array
}

/** Storage has a newer one by now: nothing is wrong with it. */
export class SnapshotReplaced extends Error {}

const NOTHING = new Uint8Array(0)

export class OutgoingSnapshot {
  readonly info: SnapshotInfo
  readonly #host: OutgoingHost
  readonly #pace: SnapshotPace
  /** What the follower has, and what it has room for. */
  ackedOffset = 0
  #creditOffset = 0
  /** Sent up to here. */
  #sentOffset = 0
  /** It was asked where to go on: nothing is sent before it answers. */
  #isAsking = true
  #askedAt = Number.NEGATIVE_INFINITY
  #heardAt = Number.NEGATIVE_INFINITY
  /** Read and not known to have arrived, in order without a gap. */
  #chunks: Chunk[] = []
  #reader: AsyncIterator<Uint8Array> | undefined
  #isReading = false
  /** Read from the stored content, and not yet cut into a chunk. */
  #unread: Uint8Array = NOTHING
  #readOffset = 0
  #closed = false

  constructor(info: SnapshotInfo, host: OutgoingHost) {
    this.info = info
    this.#host = host
    this.#pace = new SnapshotPace(host.chunkBytesMax, SNAPSHOT_CREDIT_BYTES, host.delayMsMax)
  }

  /** The connection is new: what was under way may be lost. */
  ask(): void {
    this.#isAsking = true
    this.#askedAt = Number.NEGATIVE_INFINITY
    this.#heardAt = Number.NEGATIVE_INFINITY
  }

  /** It cannot be read at present. */
  askLater(): void {
    this.#isReading = false
    this.#isAsking = true
    this.#askedAt = this.#host.now()
  }

  answered({ nextOffset, creditOffset: granted }: InstallSnapshotReply): void {
    if (nextOffset > this.info.byteLength || granted > this.info.byteLength) return
    // What is not acknowledged is kept in memory here: a follower cannot ask for more of that.
    const creditOffset = Math.min(granted, nextOffset + SNAPSHOT_CREDIT_BYTES)
    const hasLess = nextOffset < this.ackedOffset
    if (hasLess && !this.#isAsking) return
    // What was sent arrives: the question was asked too early, and sending all again would only make it slower.
    const more = nextOffset - this.ackedOffset
    if (more > 0) this.#arrived(nextOffset, more)
    else if (this.#isAsking) this.#beginAt(nextOffset)
    if (more > 0 || this.#isAsking) this.#heardAt = this.#host.now()
    this.#isAsking = false
    this.ackedOffset = nextOffset
    this.#creditOffset = hasLess ? creditOffset : Math.max(this.#creditOffset, creditOffset)
    while (this.#chunks.length > 0 && end(this.#chunks[0]!) <= nextOffset) this.#chunks.shift()
  }

  #arrived(offset: number, bytes: number): void {
    this.#sentOffset = Math.max(this.#sentOffset, offset)
    this.#pace.arrived(offset, bytes, this.#host.now())
  }

  /** What was behind it is lost, or took too long. */
  #beginAt(offset: number): void {
    this.#sentOffset = offset
    this.#pace.restart()
  }

  /** Sends what may be sent, and reads what will be next. */
  run(): void {
    const { patienceMs } = this.#host
    const now = this.#host.now()
    const isSilent = now - this.#heardAt > patienceMs && now - this.#askedAt > patienceMs
    // Something was lost, or the follower is busy storing. On a link in order what was sent before has arrived by then.
    if (isSilent) {
      this.#isAsking = true
      this.#sendQuestion()
    }
    if (this.#isAsking) return
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#send(next)
    this.#read()
  }

  /** What is to be sent next, if it may. Undefined behind a gap, too: what comes before it is to be read anew. */
  #next(): Chunk | undefined {
    const offset = this.#sentOffset
    const chunk = this.#chunks.find((one) => end(one) > offset)
    if (chunk === undefined || chunk.offset > offset) return undefined
    const data = chunk.data.subarray(offset - chunk.offset).subarray(0, this.#pace.chunkBytes)
    if (offset + data.length > this.#creditOffset) return undefined
    return this.#pace.admits(data.length, offset - this.ackedOffset) ? { offset, data } : undefined
  }

  #sendQuestion(): void {
    this.#askedAt = this.#host.now()
    this.#send({ offset: this.ackedOffset, data: NOTHING })
  }

  #send({ offset, data }: Chunk): void {
    const { metadata, byteLength: totalBytes, checksum: contentChecksum } = this.info
    const { index: lastIncludedIndex, term: lastIncludedTerm, members, timestamp } = metadata
    const point = { lastIncludedIndex, lastIncludedTerm, members, timestamp, totalBytes, contentChecksum }
    this.#host.send({ type: 'InstallSnapshot', term: this.#host.term, ...point, offset, data })
    if (data.length === 0) return
    this.#sentOffset = offset + data.length
    this.#pace.sent(this.#sentOffset, this.ackedOffset, this.#host.now())
  }

  /** One chunk, when the follower has room for it. */
  #read(): void {
    if (this.#isReading || this.#closed) return
    const next = this.#chunks.length > 0 ? end(this.#chunks.at(-1)!) : this.#readOffset
    // It has less than what is still here: its process is another one, and everything begins anew.
    const isBehind = this.ackedOffset < (this.#chunks[0]?.offset ?? next)
    if (!isBehind && (next >= this.#creditOffset || next >= this.info.byteLength)) return
    this.#isReading = true
    this.#readChunk(isBehind).then(
      () => this.#finishedReading(),
      (error) => this.#host.failed(error),
    )
  }

  #finishedReading(): void {
    this.#isReading = false
    this.#host.wake()
  }

  async #readChunk(fromTheStart: boolean): Promise<void> {
    if (fromTheStart || this.#reader === undefined) await this.#open()
    // Nothing is open yet of what was never read: `close` could not have ended it.
    if (this.#closed) return
    let chunk = await this.#cut()
    // A transfer that is resumed: what the follower has is passed over.
    while (!this.#closed && end(chunk) <= this.ackedOffset && end(chunk) < this.info.byteLength)
      chunk = await this.#cut()
    if (!this.#closed) this.#chunks.push(chunk)
  }

  async #open(): Promise<void> {
    await this.#reader?.return?.()
    const stored = await this.#host.open()
    if (stored === undefined) throw new Error('the stored snapshot is gone')
    if (stored.metadata.index !== this.info.metadata.index)
      throw new SnapshotReplaced('a newer snapshot has taken its place')
    this.#chunks = []
    this.#reader = stored.content[Symbol.asyncIterator]()
    this.#unread = NOTHING
    this.#readOffset = 0
  }

  /** The next bytes of the content, as many as a chunk has. */
  async #cut(): Promise<Chunk> {
    const { chunkBytesMax } = this.#host
    const length = Math.min(chunkBytesMax, this.info.byteLength - this.#readOffset)
    const data = new Uint8Array(length)
    for (let filled = 0; filled < length; ) {
      if (this.#unread.length === 0) {
        const next = await this.#reader!.next()
        if (next.done) throw new Error('the stored snapshot is shorter than it was')
        this.#unread = next.value
      }
      const part = this.#unread.subarray(0, length - filled)
      data.set(part, filled)
      filled += part.length
      this.#unread = this.#unread.subarray(part.length)
    }
    const chunk = { offset: this.#readOffset, data }
    this.#readOffset += length
    return chunk
  }

  close(): void {
    this.#closed = true
    this.#chunks = []
    void this.#reader?.return?.()?.catch(() => undefined)
  }
}

function end({ offset, data }: Chunk): number {
  return offset + data.length
}
