// Raft §5.2: "Raft uses randomized election timeouts to ensure that split votes are rare and that they are resolved
// quickly."
import { mayCampaign } from './configuration.js'
import { nextRandom } from './random.js'
import type { State } from './state.js'
import type { Turn } from './turn.js'
import type { Millis } from './types.js'

/** A timeout uniform in [electionTimeoutMsMin, electionTimeoutMsMax], longer for a server of low priority. */
export function drawElectionTimeout(turn: Turn): void {
  const { electionTimeoutMsMin, electionTimeoutMsMax, electionPriority } = turn.state.options
  draw(turn, electionTimeoutMsMin / electionPriority, electionTimeoutMsMax / electionPriority)
}

/** Its voters refused for the time being: it asks again after a short random delay. */
export function drawRetry(turn: Turn): void {
  const { heartbeatMs, electionTimeoutMsMin, electionPriority } = turn.state.options
  draw(turn, heartbeatMs / electionPriority, electionTimeoutMsMin / electionPriority)
  resetElectionTimer(turn)
}

function draw(turn: Turn, min: Millis, max: Millis): void {
  const { state, value } = nextRandom(turn.state.random)
  // Priority 0: Infinity, and not the NaN of Infinity minus itself.
  const timeoutMs = max === Number.POSITIVE_INFINITY ? max : min + value * (max - min)
  turn.record({ type: 'ElectionTimeoutDrawn', timeoutMs, random: state })
}

export function resetElectionTimer(turn: Turn): void {
  turn.record({ type: 'ElectionTimerReset', at: turn.now })
}

/** When this server has something to do although nothing arrives: Infinity for one that only listens. */
export function nextDeadline(state: State): Millis {
  if (state.role.role === 'leader') return state.role.heartbeatAt + state.options.heartbeatMs
  if (!mayCampaign(state)) return Number.POSITIVE_INFINITY
  return state.electionTimer.startedAt + state.electionTimer.timeoutMs
}

/**
 * Asks to be woken at the next deadline. A deadline that moves later is left alone until the earlier wake-up comes:
 * heartbeats would otherwise cost a timer each.
 */
export function scheduleWake(turn: Turn, woken: boolean): void {
  const at = nextDeadline(turn.state)
  if (!woken && at >= turn.state.wakeAt) return
  if (at !== turn.state.wakeAt) turn.record({ type: 'WakeScheduled', at })
  if (at !== Number.POSITIVE_INFINITY) turn.do({ type: 'WakeAt', at })
}
