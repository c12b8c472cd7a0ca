// How much of a snapshot may be on its way to one follower, and in which portions, so that a heartbeat is not kept waiting:
// whatever has left may stand in front of it in some buffer, of this machine or on the path. Measured as thesis §10.2.1's
// pipelining is (consensus/window.ts): grown while the round trip stays near its best, shrunk when what is sent only waits.

/** A portion is never smaller, unless the configured one is: its header would be the larger part. */
export const CHUNK_BYTES_MIN = 1024

/** So many make up what may be on its way: the next one leaves before the path is empty. */
const CHUNKS_IN_WINDOW = 4

/** One pause makes all that is on its way late; a queue the next ones, too. */
const ROUND_TRIPS_JUDGED = 2 * CHUNKS_IN_WINDOW

/** How fast the window grows when something waits already, but not too long. */
const GENTLE = 1 / 8

interface Flight {
  readonly end: number
  readonly sentAt: number
  /** What was known to have arrived when this left. */
  readonly ackedOffset: number
}

export class SnapshotPace {
  readonly #chunkBytesMax: number
  readonly #windowBytesMax: number
  readonly #delayMsMax: number
  #windowBytes = 0
  #flights: Flight[] = []
  /** The last ones. */
  #roundTripsMs: number[] = []
  #roundTripMsMin = Number.POSITIVE_INFINITY
  #shrunkAt = Number.NEGATIVE_INFINITY
  /** The window has kept something from leaving since it last grew. */
  #isLimit = false

  /** `delayMsMax`: what is on its way may hold up whatever comes behind it for about so long. */
  constructor(chunkBytesMax: number, windowBytesMax: number, delayMsMax: number) {
    this.#chunkBytesMax = chunkBytesMax
    this.#windowBytesMax = windowBytesMax
    this.#delayMsMax = delayMsMax
    this.restart()
  }

  /** Nothing is known of the path: begin with what does no harm on any. */
  restart(): void {
    this.#windowBytes = this.#smallest
    this.#flights = []
    this.#roundTripsMs = []
    this.#roundTripMsMin = Number.POSITIVE_INFINITY
    this.#shrunkAt = Number.NEGATIVE_INFINITY
    this.#isLimit = false
  }

  get #smallest(): number {
    return Math.min(CHUNK_BYTES_MIN, this.#chunkBytesMax) * CHUNKS_IN_WINDOW
  }

  /** Bytes of the next portion, at most. */
  get chunkBytes(): number {
    return Math.min(this.#chunkBytesMax, Math.floor(this.#windowBytes / CHUNKS_IN_WINDOW))
  }

  /** True when `bytes` more may leave while `inFlight` are on their way. One portion always may. */
  admits(bytes: number, inFlight: number): boolean {
    if (inFlight === 0 || inFlight + bytes <= this.#windowBytes) return true
    this.#isLimit = true
    return false
  }

  sent(end: number, ackedOffset: number, now: number): void {
    this.#flights.push({ end, sentAt: now, ackedOffset })
  }

  /** All up to `offset` has arrived, `bytes` more than was known. */
  arrived(offset: number, bytes: number, now: number): void {
    let newest: Flight | undefined
    while (this.#flights.length > 0 && this.#flights[0]!.end <= offset) newest = this.#flights.shift()
    if (newest === undefined) return
    const sampleMs = Math.max(0, now - newest.sentAt)
    this.#roundTripMsMin = Math.min(this.#roundTripMsMin, sampleMs)
    this.#roundTripsMs.push(sampleMs)
    if (this.#roundTripsMs.length > ROUND_TRIPS_JUDGED) this.#roundTripsMs.shift()
    const shortestMs = Math.min(...this.#roundTripsMs) - this.#roundTripMsMin
    const waitsMs = sampleMs - this.#roundTripMsMin
    if (shortestMs > this.#delayMsMax) this.#shrink(newest, offset, sampleMs)
    else if (this.#isLimit && waitsMs <= this.#delayMsMax)
      this.#grow(waitsMs <= this.#delayMsMax / 2 ? bytes : bytes * GENTLE)
  }

  #grow(bytes: number): void {
    this.#isLimit = false
    this.#windowBytes = Math.min(this.#windowBytes + Math.ceil(bytes), this.#windowBytesMax)
  }

  /** To what arrives in the longest round trip that is not too long. */
  #shrink({ sentAt, ackedOffset }: Flight, offset: number, sampleMs: number): void {
    if (sentAt < this.#shrunkAt) return
    this.#shrunkAt = sentAt + sampleMs
    // With next to nothing on its way it is not this that waits: the path has changed.
    if (this.#windowBytes <= this.#smallest) {
      this.#roundTripMsMin = sampleMs
      this.#roundTripsMs = [sampleMs]
      return
    }
    const bytesPerMs = (offset - ackedOffset) / sampleMs
    const bytes = Math.floor(bytesPerMs * (this.#roundTripMsMin + this.#delayMsMax))
    this.#windowBytes = Math.min(this.#windowBytes, Math.max(bytes, this.#smallest))
  }
}
