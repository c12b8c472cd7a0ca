// Thesis §6.4: what happens to reads that are not written to the log.
import type { LogIndex, Millis, NodeId } from './types.js'

/** Thesis §6.4: all reads that wait are waiting for this round of heartbeats. */
export interface ReadRoundStarted {
  readonly type: 'ReadRoundStarted'
  readonly round: number
}

/** A read waits for the round after the ones already begun. `from` is the asking node. */
export interface ReadQueued {
  readonly type: 'ReadQueued'
  readonly readId: number
  readonly from: NodeId
}

/** The first `count` reads of the queue have their answer. */
export interface ReadsAnswered {
  readonly type: 'ReadsAnswered'
  readonly count: number
}

/** Thesis §6.4.1: this leader's lease answered a read at once. `from` is the asking node. */
export interface LeaseReadAnswered {
  readonly type: 'LeaseReadAnswered'
  readonly readId: number
  readonly from: NodeId
  readonly readIndex: LogIndex
  readonly at: Millis
}
