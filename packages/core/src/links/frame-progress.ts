// The slow loris: a peer that begins a frame and then sends a byte now and then holds memory for ever.
import type { FrameReader } from './frame-reader.js'
import { Watchdog } from './watchdog.js'

/** A large frame over a slow line is fine as long as this much of it arrives per deadline. */
const PROGRESS_BYTES_MIN = 256 * 1024

/** Watches that a frame which has begun is completed, or at least grows. Call `watch` after each push. */
export class FrameProgress {
  readonly #reader: FrameReader
  readonly #watchdog: Watchdog
  #framesSeen = 0
  #bytesSeen = 0

  constructor(reader: FrameReader, deadlineMs: number, expired: () => void) {
    this.#reader = reader
    this.#watchdog = new Watchdog(deadlineMs / 2, 1, () => this.#judge(), expired)
  }

  watch(): void {
    if (this.#reader.midFrame) this.#watchdog.start()
  }

  stop(): void {
    this.#watchdog.stop()
  }

  #judge(): void {
    if (!this.#reader.midFrame) {
      this.#watchdog.stop()
      return
    }
    const grown = this.#reader.bytesRead - this.#bytesSeen
    if (this.#reader.framesRead === this.#framesSeen && grown < PROGRESS_BYTES_MIN / 2) return
    this.#framesSeen = this.#reader.framesRead
    this.#bytesSeen = this.#reader.bytesRead
    this.#watchdog.alive()
  }
}
