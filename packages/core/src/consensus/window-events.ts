// What a leader learns of the way to a follower, and how much it lets be under way.
import type { Millis, NodeId } from './types.js'

/** A follower acknowledged entries: how long that took, and how fast they were delivered. */
export interface RoundTripMeasured {
  readonly type: 'RoundTripMeasured'
  readonly follower: NodeId
  readonly roundTripMs: Millis
  readonly roundTripMsMin: Millis
  readonly bytesPerMs: number
}

/** What may be on the way to a follower was the limit, and it kept up: more may. */
export interface WindowGrown {
  readonly type: 'WindowGrown'
  readonly follower: NodeId
  readonly bytes: number
  readonly messages: number
}

/** The round trip to a follower has become long because what is sent only waits: less may be on the way. */
export interface WindowShrunk {
  readonly type: 'WindowShrunk'
  readonly follower: NodeId
  readonly bytes: number
  readonly messages: number
  readonly at: Millis
}
