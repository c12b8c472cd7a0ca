// Raft Figure 2: the vocabulary that every rule shares.

/** A member's name. Over libp2p it is the PeerId. Never empty, at most 255 bytes of UTF-8. */
export type NodeId = string

/** A term (Raft §5.1): a logical clock, 0 before the first election, at most 2^53 - 1. */
export type Term = number

/** A position in the log. The first entry has index 1; 0 means "before the log". At most 2^53 - 1. */
export type LogIndex = number

/** Milliseconds of a monotonic clock. Only differences mean anything. */
export type Millis = number

/** A contiguous stretch of the log, both ends included, all of one term. Bytes never enter consensus. */
export interface Run {
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly term: Term
  /** Of a membership entry (§6), which is alone in its run. */
  readonly configuration?: Configuration | undefined
}

/** What must survive a crash besides the log (Figure 2, "Persistent state on all servers"). */
export interface HardState {
  readonly currentTerm: Term
  readonly votedFor: NodeId | undefined
}

/** §6: who takes part. Nobody is named twice, but that a voter on its way out may become a learner. */
export interface Configuration {
  /** While joint: the voters of C_new. Empty only at a server that has not learned yet who is in the cluster. */
  readonly voters: readonly NodeId[]
  /** The voters of C_old, while joint: every decision needs a majority of both. */
  readonly outgoing?: readonly NodeId[]
  /** Thesis §4.2.1: they get the log and are not counted. */
  readonly learners?: readonly NodeId[]
}

/** A configuration and the index of its entry, or of the end of the snapshot that told it; 0: what the cluster began with. */
export interface ConfigurationEntry {
  readonly index: LogIndex
  readonly configuration: Configuration
}

/**
 * §7: what a snapshot replaces: the log up to and including lastIncludedIndex. All zeros before the first snapshot: the
 * empty log, and the configuration the cluster began with.
 */
export interface SnapshotPoint {
  readonly lastIncludedIndex: LogIndex
  readonly lastIncludedTerm: Term
  /** The configuration as of lastIncludedIndex. */
  readonly configuration: Configuration
}

/** Cluster-wide protocol times and limits. */
export interface ConsensusOptions {
  /** How often a leader sends to an idle follower. Well below the election timeout (§5.6). */
  readonly heartbeatMs: number
  /** Election timeouts are drawn uniformly from [min, max] (§5.2; the paper's range is 150-300 ms). */
  readonly electionTimeoutMsMin: number
  readonly electionTimeoutMsMax: number
  /** Unacknowledged entry bytes a leader keeps on the way to one follower, however good the link. */
  readonly inFlightBytesMax: number
  /** Unacknowledged AppendEntries with entries a leader keeps on the way to one follower, likewise. */
  readonly inFlightMessagesMax: number
  /** Upper bound of the entries' bytes in one AppendEntries. */
  readonly messageBytesMax: number
  /** PreVote, stickiness and CheckQuorum (thesis §9.6, §4.2.3, §6.2). False: elections as in Raft §5.2 alone. */
  readonly steadyLeader: boolean
  /** Above 0, at most 1: election timeouts are divided by it. 0: never campaigns, unless told to take over. */
  readonly electionPriority: number
  /** How long a quorum's acknowledgement lets a leader read without asking (thesis §6.4.1). 0: leases are off. */
  readonly leaseMs: Millis
  /** A write that takes longer makes a leader step down: its disk hangs. */
  readonly storageStallMs: Millis
  /** A follower that gets no further with its snapshot for longer is not waited for with the log behind that. */
  readonly snapshotStallMs: Millis
  /** Reads that wait at a leader for a round, of all nodes. More are told to ask again. */
  readonly pendingReadsMax: number
}
