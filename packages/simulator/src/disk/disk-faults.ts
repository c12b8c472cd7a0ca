// What a disk does to calls at present. All zero: every call succeeds after its usual time.

export interface DiskFaults {
  /** What a write or a read takes, in milliseconds, and what it may take in addition. 0 and 0: at once, within the call. */
  readonly latencyMs: number
  readonly jitterMs: number
  /** Probabilities per write. */
  readonly slowWrite: number
  readonly hungWrite: number
  readonly failedWrite: number
  /** The system takes only a part of what it is given. */
  readonly shortWrite: number
  /** Probability per read, and per open. */
  readonly failedRead: number
  /** Probability per call that is about names: create, rename, remove, list, sync of a directory; more for what is rare. */
  readonly failedName: number
}

export const HEALTHY: DiskFaults = {
  latencyMs: 0.5,
  jitterMs: 0,
  slowWrite: 0,
  hungWrite: 0,
  failedWrite: 0,
  shortWrite: 0,
  failedRead: 0,
  failedName: 0,
}

/** A slow write takes up to this long; a hung one until the disk is healed or the process dies. */
export const SLOW_MS_MAX = 1_500
export const ERRORS = ['EIO', 'ENOSPC'] as const
