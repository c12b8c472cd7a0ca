// Times and limits that suit tests: the paper's election timeouts, and a window small enough to fill.
import type { ConsensusOptions } from '../../src/consensus/index.js'

/** What every entry weighs in these tests, in bytes. */
export const ENTRY_BYTES = 100

export const OPTIONS: ConsensusOptions = {
  heartbeatMs: 50,
  electionTimeoutMsMin: 150,
  electionTimeoutMsMax: 300,
  inFlightBytesMax: 20 * ENTRY_BYTES,
  inFlightMessagesMax: 4,
  messageBytesMax: 8 * ENTRY_BYTES,
  steadyLeader: false,
  electionPriority: 1,
  leaseMs: 0,
  storageStallMs: 1_000,
  snapshotStallMs: 60_000,
  pendingReadsMax: 100,
}
