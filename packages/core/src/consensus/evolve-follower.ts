// Folds what happened to one follower, as its leader sees it (Figure 2, nextIndex[] and matchIndex[]).
import type { RoundTripMeasured, WindowGrown, WindowShrunk } from './events.js'
import type { Follower, Install, State } from './state.js'
import type { LogIndex, NodeId } from './types.js'
import { freshWindow } from './window.js'

/** "initialized to leader last log index + 1" and 0 (Figure 2). */
export function freshFollower({ log: { lastIndex }, options }: State): Follower {
  return {
    state: 'probe',
    matchIndex: 0,
    nextIndex: lastIndex + 1,
    inFlight: [],
    inFlightBytes: 0,
    window: freshWindow(options),
    install: freshInstall(),
    ackedRound: 0,
    commitIndexSent: 0,
    contactAt: undefined,
    leaving: undefined,
  }
}

function freshInstall(): Install {
  const nothing = { lastIncludedIndex: 0, nextOffset: 0, creditOffset: 0 }
  return { ...nothing, at: Number.NEGATIVE_INFINITY, isWaitedFor: true, lateCount: 0 }
}

export function evolveFollower(state: State, id: NodeId, change: (follower: Follower) => void): void {
  const follower = state.role.role === 'leader' ? state.role.followers.get(id) : undefined
  if (follower !== undefined) change(follower)
}

/**
 * The logs agree up to `matchIndex`: from here on entries are pipelined, and what it covers is no longer in flight. A
 * follower in 'snapshot' stays there until this log, which begins behind `baseIndex`, has what comes next.
 */
export function acknowledgeInFlight(follower: Follower, matchIndex: LogIndex, baseIndex: LogIndex): void {
  follower.matchIndex = Math.max(follower.matchIndex, matchIndex)
  if (follower.state === 'snapshot') installEnded(follower.install)
  if (follower.state === 'snapshot' && follower.matchIndex < baseIndex) return
  if (follower.state !== 'replicate') {
    follower.state = 'replicate'
    // What it has may be more than is durable there, or this an answer to an old message: either way it is asked.
    follower.nextIndex = Math.max(follower.matchIndex, baseIndex) + 1
    return clearInFlight(follower)
  }
  follower.nextIndex = Math.max(follower.nextIndex, follower.matchIndex + 1)
  let acknowledged = 0
  while (
    acknowledged < follower.inFlight.length &&
    follower.inFlight[acknowledged]!.lastIndex <= matchIndex
  ) {
    follower.inFlightBytes -= follower.inFlight[acknowledged]!.bytes
    follower.window.deliveredBytes += follower.inFlight[acknowledged]!.bytes
    acknowledged++
  }
  if (acknowledged > 0) follower.inFlight.splice(0, acknowledged)
}

/** It has one. If that took too long, the next one may take twice as long. */
function installEnded(install: Install): void {
  install.lateCount = install.isWaitedFor ? 0 : install.lateCount + 1
  install.isWaitedFor = true
}

export function clearInFlight(follower: Follower): void {
  follower.inFlight = []
  follower.inFlightBytes = 0
}

export function evolveWindow(state: State, event: RoundTripMeasured | WindowGrown | WindowShrunk): void {
  evolveFollower(state, event.follower, ({ window }) => {
    if (event.type === 'RoundTripMeasured') {
      window.roundTripMs = event.roundTripMs
      window.roundTripMsMin = event.roundTripMsMin
      window.bytesPerMs = event.bytesPerMs
      return
    }
    window.bytes = event.bytes
    window.messages = event.messages
    if (event.type === 'WindowShrunk') window.shrunkAt = event.at
  })
}
