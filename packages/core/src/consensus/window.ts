// Thesis §10.2.1, pipelining: how much may be on the way to one follower. Grown while it is the limit and the round trip
// stays near its best, shrunk when what is sent only waits: in the link's buffers, or in a follower that is slow.
import type { Follower, InFlight } from './state.js'
import type { Turn } from './turn.js'
import type { ConsensusOptions, LogIndex, Millis, NodeId } from './types.js'

/** Where a window begins, and what it is never shrunk below; one message is always allowed, however large. */
export const WINDOW_BYTES_START = 65_536
export const WINDOW_MESSAGES_START = 16

/** The weight of one measured round trip in the smoothed one (RFC 6298: one eighth). */
const SMOOTHING = 1 / 8

/** How fast a window grows when something waits already, but not too long. */
const GENTLE = 1 / 8

/** The part of a window that is not worth a message (RFC 1122: the silly window syndrome). */
const SMALL_REST = 1 / 16

/** How much a leader lets be unacknowledged on the way to one follower, and what it has measured to choose that. */
export interface Window {
  /** At most inFlightBytesMax and inFlightMessagesMax. */
  bytes: number
  messages: number
  /** From sending entries to their acknowledgement, smoothed; undefined before the first one. */
  roundTripMs: Millis | undefined
  /** The shortest one: what the path and the follower's disk take when nothing waits. */
  roundTripMsMin: Millis
  /** Entry bytes acknowledged in a millisecond, as measured over the last round trip. */
  bytesPerMs: number
  /** All entry bytes acknowledged since the window began. */
  deliveredBytes: number
  /** Messages that left before this say nothing about the present window. */
  shrunkAt: Millis
}

export function freshWindow(options: ConsensusOptions): Window {
  return {
    ...smallest(options),
    roundTripMs: undefined,
    roundTripMsMin: Number.POSITIVE_INFINITY,
    bytesPerMs: 0,
    deliveredBytes: 0,
    shrunkAt: Number.NEGATIVE_INFINITY,
  }
}

/** True when nothing more may be sent to this follower until it acknowledges. */
export function windowIsFull(follower: Follower): boolean {
  const { state, inFlight, window } = follower
  return inFlight.length >= (state === 'probe' ? 1 : window.messages) || bytesAreFull(follower)
}

/** A small rest counts as none: each acknowledgement would be answered by a message as small, and so on for ever. */
function bytesAreFull({ inFlightBytes, window }: Follower): boolean {
  return inFlightBytes > window.bytes * (1 - SMALL_REST)
}

/** `to` has everything up to `matchIndex`; called before that is recorded, while what it covers is still in flight. */
export function measure(turn: Turn, to: NodeId, follower: Follower, matchIndex: LogIndex): void {
  const covered = coveredBy(follower, matchIndex)
  if (covered.newest === undefined) return
  const { options, log } = turn.state
  const { window } = follower
  const { sentAt, deliveredBytes } = covered.newest
  const sampleMs = Math.max(0, turn.now - sentAt)
  const before = window.roundTripMs ?? sampleMs
  const smoothedMs = before + (sampleMs - before) * SMOOTHING
  const shortestMs = Math.min(window.roundTripMsMin, sampleMs)
  const delivered = window.deliveredBytes + covered.bytes - deliveredBytes
  const bytesPerMs = sampleMs > 0 ? delivered / sampleMs : window.bytesPerMs
  // One long round trip is a pause somewhere; a queue makes all of them long.
  const judgedMs = Math.min(sampleMs, smoothedMs)
  const tooLong = judgedMs > longestMs(options, shortestMs)
  // With next to nothing in flight it is not our queue that makes the round trip long: the path has changed.
  const pathChanged = tooLong && isSmallest(window, options)
  const roundTripMsMin = pathChanged ? sampleMs : shortestMs
  const roundTripMs = pathChanged ? sampleMs : smoothedMs
  turn.record({ type: 'RoundTripMeasured', follower: to, roundTripMs, roundTripMsMin, bytesPerMs })
  if (tooLong && !pathChanged) {
    if (sentAt >= window.shrunkAt) shrink(turn, to, window)
  } else if (follower.nextIndex <= log.lastIndex) {
    const isNear = judgedMs <= roundTripMsMin + options.heartbeatMs / 2
    grow(turn, to, follower, covered, isNear ? 1 : GENTLE)
  }
}

/** A whole heartbeat interval of queue delays the heartbeats behind it by as much: beyond that it is too long. */
function longestMs({ heartbeatMs }: ConsensusOptions, roundTripMsMin: Millis): Millis {
  return roundTripMsMin + heartbeatMs
}

function isSmallest({ bytes, messages }: Window, options: ConsensusOptions): boolean {
  const least = smallest(options)
  return bytes <= least.bytes && messages <= least.messages
}

/** Only what was the limit grows, by what was acknowledged: at full pace it doubles with each round trip. */
function grow(turn: Turn, to: NodeId, follower: Follower, covered: Covered, pace: number): void {
  const { window, inFlight } = follower
  const { inFlightBytesMax, inFlightMessagesMax } = turn.state.options
  const moreBytes = bytesAreFull(follower) ? Math.ceil(covered.bytes * pace) : 0
  const moreMessages = inFlight.length >= window.messages ? Math.ceil(covered.messages * pace) : 0
  const bytes = Math.min(window.bytes + moreBytes, inFlightBytesMax)
  const messages = Math.min(window.messages + moreMessages, inFlightMessagesMax)
  if (bytes === window.bytes && messages === window.messages) return
  turn.record({ type: 'WindowGrown', follower: to, bytes, messages })
}

/** To what is delivered in the longest round trip that is not too long. */
function shrink(turn: Turn, to: NodeId, window: Window): void {
  const { options } = turn.state
  const allowedMs = longestMs(options, window.roundTripMsMin)
  const least = smallest(options)
  const messages = Math.floor((window.messages * allowedMs) / window.roundTripMs!)
  turn.record({
    type: 'WindowShrunk',
    follower: to,
    bytes: clamp(Math.floor(window.bytesPerMs * allowedMs), least.bytes, window.bytes),
    messages: clamp(messages, least.messages, window.messages),
    at: turn.now,
  })
}

/** What an acknowledgement takes out of flight. */
interface Covered {
  readonly newest: InFlight | undefined
  readonly bytes: number
  readonly messages: number
}

function coveredBy({ inFlight }: Follower, matchIndex: LogIndex): Covered {
  let newest: InFlight | undefined
  let bytes = 0
  let messages = 0
  for (const sent of inFlight) {
    if (sent.lastIndex > matchIndex) break
    newest = sent
    bytes += sent.bytes
    messages++
  }
  return { newest, bytes, messages }
}

function smallest({ inFlightBytesMax, inFlightMessagesMax }: ConsensusOptions): {
  bytes: number
  messages: number
} {
  return {
    bytes: Math.min(WINDOW_BYTES_START, inFlightBytesMax),
    messages: Math.min(WINDOW_MESSAGES_START, inFlightMessagesMax),
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most))
}
