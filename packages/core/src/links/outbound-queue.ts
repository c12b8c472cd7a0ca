// What waits for one peer while its connection takes no more: bounded, and never two heartbeats.

/** A queued frame costs memory beside its bytes: without this, tiny frames could be queued almost without bound. */
const FRAME_OVERHEAD_BYTES = 256

interface Queued {
  readonly pieces: readonly Uint8Array[]
  readonly costBytes: number
}

export class OutboundQueue {
  readonly #bytesMax: number
  #frames: Queued[] = []
  #heartbeat: Queued | undefined
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes in the queue, overhead included. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Queues a frame behind the others. A queued heartbeat gives way to a newer one, which goes to the end: it speaks of
   * all that was sent before it. False: the queue is full and the frame is dropped.
   */
  push(pieces: readonly Uint8Array[], byteLength: number, heartbeat: boolean): boolean {
    if (heartbeat) this.#removeHeartbeat()
    const queued: Queued = { pieces, costBytes: byteLength + FRAME_OVERHEAD_BYTES }
    if (this.#bytes > 0 && this.#bytes + queued.costBytes > this.#bytesMax) return false
    this.#frames.push(queued)
    this.#bytes += queued.costBytes
    if (heartbeat) this.#heartbeat = queued
    return true
  }

  /** Removes frames, oldest first, up to about bytesMax but at least one; their pieces in order. */
  take(bytesMax: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let taken = 0
    let count = 0
    for (const frame of this.#frames) {
      if (count > 0 && taken + frame.costBytes > bytesMax) break
      for (const piece of frame.pieces) pieces.push(piece)
      taken += frame.costBytes
      if (frame === this.#heartbeat) this.#heartbeat = undefined
      count++
    }
    this.#frames = count === this.#frames.length ? [] : this.#frames.slice(count)
    this.#bytes -= taken
    return pieces
  }

  clear(): void {
    this.#frames = []
    this.#heartbeat = undefined
    this.#bytes = 0
  }

  #removeHeartbeat(): void {
    if (this.#heartbeat === undefined) return
    this.#frames.splice(this.#frames.lastIndexOf(this.#heartbeat), 1)
    this.#bytes -= this.#heartbeat.costBytes
    this.#heartbeat = undefined
  }
}
