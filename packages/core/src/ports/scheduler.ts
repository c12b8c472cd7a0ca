// The Scheduler port: everything the node loop knows of time and chance. The simulator brings its own.

export interface Scheduler {
  /** Monotonic milliseconds, fractions allowed. Only differences mean anything. */
  now(): number
  /** Milliseconds since 1970 by this machine's clock: the timestamp of entries, never used to measure. */
  wallClock(): number
  /** Calls `callback` once, at or after `at` on the `now` clock. */
  wakeAt(at: number, callback: () => void): Wake
  /** Calls `callback` once, after what is already waiting for the processor (sockets, timers) had its chance. */
  nextTurn(callback: () => void): void
  /** `count` bytes that nobody can predict. */
  randomBytes(count: number): Uint8Array
  /**
   * HMAC-SHA-256, for nodes that join. Default: WebCrypto's, which takes real time. Whoever simulates time brings one that
   * takes none.
   */
  hmacSha256?(key: Uint8Array, message: Uint8Array): Promise<Uint8Array>
}

export interface Wake {
  /** After this the callback is not called. */
  cancel(): void
}
