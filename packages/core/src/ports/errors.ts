// Every error that leaves this project carries a code; docs/errors.md explains each, and a test keeps the two equal.

/** What each code means in a word or two; `retryable`: trying the same call again may succeed. */
export const ERROR_CODES = {
  /** An option or argument is invalid. Nothing was started. */
  ERR_INVALID_OPTION: { retryable: false },
  /** The command is larger than a message may be, or cannot be encoded. */
  ERR_INVALID_COMMAND: { retryable: false },
  /** Certainly not applied: a queue of this node is full. */
  ERR_OVERLOADED: { retryable: true },
  /** Certainly not applied: the deadline passed before a leader had taken the command. */
  ERR_TIMEOUT: { retryable: true },
  /** Certainly not applied: the caller's signal fired before a leader had taken the command. */
  ERR_ABORTED: { retryable: true },
  /** Certainly not applied: the node is stopped or stopping. */
  ERR_STOPPED: { retryable: false },
  /** Reason of a `whileLeader` job's signal: this node does not lead that term any more. */
  ERR_LEADERSHIP_LOST: { retryable: false },
  /** The command may or may not have been applied, now or later. */
  ERR_OUTCOME_UNKNOWN: { retryable: false },
  /** Certainly not applied by this call: its session is unknown, or was not used for too long. */
  ERR_SESSION_EXPIRED: { retryable: false },
  /** Applied by every replica as a rejection: the state machine threw CommandRejected before any change. */
  ERR_COMMAND_REJECTED: { retryable: false },
  /** The state machine threw something else than CommandRejected: the node failed stop. */
  ERR_STATE_MACHINE: { retryable: false },
  /** The log holds an entry kind this version does not know: stopped before applying it. */
  ERR_UNKNOWN_ENTRY_KIND: { retryable: false },
  /** A storage call failed: the storage is poisoned and the node failed stop. */
  ERR_STORAGE: { retryable: false },
  /** The storage belongs to another node or cluster. */
  ERR_STORAGE_IDENTITY: { retryable: false },
  /** The storage is empty and was not to be formatted. Nothing was changed. */
  ERR_STORAGE_EMPTY: { retryable: false },
  /** The stored data contradicts itself. Nothing was deleted. */
  ERR_STORAGE_CORRUPT: { retryable: false },
  /** The storage is open elsewhere. */
  ERR_STORAGE_LOCKED: { retryable: false },
  /** The transport could not listen. */
  ERR_LISTEN: { retryable: true },
  /** Bytes from a peer do not decode; that connection is closed. */
  ERR_DECODE: { retryable: false },
  /** This node's storage is new but its id is known to the cluster: it must come back as a new member. */
  ERR_INCARNATION_CHANGED: { retryable: false },
  /** The cluster was recovered from a lost quorum without this node, which has stopped: its data no longer counts. */
  ERR_CLUSTER_RECOVERED: { retryable: false },
  /** The cluster did not let this node join. */
  ERR_JOIN_REFUSED: { retryable: false },
  /** The next change a watch should see is no longer in this node's history: read the state, then watch from there. */
  ERR_WATCH_COMPACTED: { retryable: false },
  /** This node does not lead: nothing was done. */
  ERR_NOT_LEADER: { retryable: true },
  /** Leadership was not handed to whom it should be. */
  ERR_TRANSFER_FAILED: { retryable: true },
  /** The members are not those that `expectedIndex` names. Nothing was changed. */
  ERR_MEMBERSHIP_CHANGED: { retryable: false },
  /** The members were not changed, because now it would be wrong or unsafe. */
  ERR_MEMBERSHIP_REFUSED: { retryable: true },
  /** This node was removed from its cluster, and has stopped. */
  ERR_REMOVED: { retryable: false },
  /** A protocol invariant does not hold: the node failed stop. Please report it. */
  ERR_INVARIANT: { retryable: false },
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** The one error class. Test by `code`, never by message or class. */
export class RaftError extends Error {
  override readonly name: string = 'RaftError'
  readonly code: ErrorCode
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.retryable = ERROR_CODES[code].retryable
  }
}

/** True when `error` is a RaftError, of this copy of the library or another, with the given code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === code
}
