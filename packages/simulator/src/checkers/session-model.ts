// What becomes of each committed entry, by the client sessions' rules alone (thesis §6.3): worked out a second time, from
// the log and nothing else, as simply as can be.
import { EntryKind } from '@riverraft/core'

/** An entry as far as sessions are concerned. */
export interface SessionEntry {
  readonly kind: number
  readonly payload: Uint8Array
  readonly timestamp: number
  readonly sessionId: number
  readonly sequence: number
  readonly acknowledgedBelow: number
}

/**
 * 'run': the state machine gets the command. Any other command is skipped: 'repeated' after it was run, 'acknowledged'
 * when its client said that it needs no result, 'expired' when its session is.
 */
export type Verdict = 'opened' | 'run' | 'repeated' | 'acknowledged' | 'expired' | 'no command'

export interface ModelSession {
  readonly ttlMs: number
  lastActive: number
  acknowledgedBelow: number
  /** Where each sequence was run. */
  readonly applied: Map<number, number>
}

export class SessionModel {
  readonly #sessions = new Map<number, ModelSession>()

  get sessions(): ReadonlyMap<number, ModelSession> {
    return this.#sessions
  }

  /** Every entry once, in the order of the log. */
  judge(index: number, entry: SessionEntry): Verdict {
    const { kind, payload, timestamp, sessionId, sequence } = entry
    if (kind === EntryKind.OpenSession) {
      const ttlMs = Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0, true))
      const applied = new Map<number, number>()
      this.#sessions.set(index, { ttlMs, lastActive: timestamp, acknowledgedBelow: 0, applied })
      return 'opened'
    }
    if (kind !== EntryKind.Command) return 'no command'
    const session = this.#sessions.get(sessionId)
    if (session === undefined || timestamp - session.lastActive > session.ttlMs) {
      // For good: it does not come back to life.
      this.#sessions.delete(sessionId)
      return 'expired'
    }
    session.lastActive = timestamp
    session.acknowledgedBelow = Math.max(session.acknowledgedBelow, entry.acknowledgedBelow)
    if (sequence < session.acknowledgedBelow) return 'acknowledged'
    if (session.applied.has(sequence)) return 'repeated'
    session.applied.set(sequence, index)
    return 'run'
  }
}
