// What waits for one peer while its connection takes no more: bounded, never two heartbeats, and parts of snapshots last.

/** A queued frame costs memory beside its bytes: without this, tiny frames could be queued almost without bound. */
const FRAME_OVERHEAD_BYTES = 256

interface Queued {
  readonly pieces: readonly Uint8Array[]
  readonly costBytes: number
}

/** 'bulk' waits until nothing else does. */
export type FrameKind = 'heartbeat' | 'bulk' | 'other'

/** Frames in order, and what they cost together. */
class Lane {
  frames: Queued[] = []
  bytes = 0

  push(queued: Queued): void {
    this.frames.push(queued)
    this.bytes += queued.costBytes
  }

  /** Frames, oldest first, up to about bytesMax but at least one, if there is one. */
  take(bytesMax: number): Queued[] {
    let count = 0
    let bytes = 0
    for (const { costBytes } of this.frames) {
      if (count > 0 && bytes + costBytes > bytesMax) break
      bytes += costBytes
      count++
    }
    this.bytes -= bytes
    return this.frames.splice(0, count)
  }

  remove(queued: Queued): void {
    this.frames.splice(this.frames.lastIndexOf(queued), 1)
    this.bytes -= queued.costBytes
  }
}

export class OutboundQueue {
  readonly #bytesMax: number
  #lane = new Lane()
  #bulk = new Lane()
  #heartbeat: Queued | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes in the queue, overhead included. */
  get bytes(): number {
    return this.#lane.bytes + this.#bulk.bytes
  }

  /**
   * Queues a frame behind the others of its lane. A queued heartbeat gives way to a newer one, which goes to the end: it
   * speaks of all that was sent before it. False: its lane is full and the frame is dropped.
   */
  push(pieces: readonly Uint8Array[], byteLength: number, kind: FrameKind): boolean {
    if (kind === 'heartbeat' && this.#heartbeat !== undefined) this.#lane.remove(this.#heartbeat)
    if (kind === 'heartbeat') this.#heartbeat = undefined
    const lane = kind === 'bulk' ? this.#bulk : this.#lane
    const queued: Queued = { pieces, costBytes: byteLength + FRAME_OVERHEAD_BYTES }
    if (lane.bytes > 0 && lane.bytes + queued.costBytes > this.#bytesMax) return false
    lane.push(queued)
    if (kind === 'heartbeat') this.#heartbeat = queued
    return true
  }

  /**
   * Removes frames, oldest first, up to about bytesMax but at least one; their pieces in order. One part of a snapshot at a
   * time, and only when there is nothing else: what comes next must not wait behind more.
   */
  take(bytesMax: number): Uint8Array[] {
    const taken = this.#lane.bytes > 0 ? this.#lane.take(bytesMax) : this.#bulk.take(0)
    if (this.#heartbeat !== undefined && taken.includes(this.#heartbeat)) this.#heartbeat = undefined
    return taken.flatMap(({ pieces }) => pieces)
  }

  clear(): void {
    this.#lane = new Lane()
    this.#bulk = new Lane()
    this.#heartbeat = undefined
  }
}
