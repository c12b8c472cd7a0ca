// Sessions as plain data, for snapshots: every replica goes on with the same outcomes and the same expiry (thesis §6.3).
import { CommandRejected } from '../../ports/state-machine.js'
import { decodeError } from '../../wire/bytes.js'
import { type Outcome, Rejection, Session } from '../sessions/session.js'

/** sequence, index, term, what apply returned, or why it rejected. */
type OutcomeRecord =
  | readonly [number, number, number, unknown]
  | readonly [number, number, number, undefined, string]

/** In this order; a newer version may add to it. */
type SessionRecord = readonly [
  id: number,
  ttlMs: number,
  lastActive: number,
  acknowledgedBelow: number,
  outcomes: readonly OutcomeRecord[],
]

/** The records of captured sessions, made when they are asked for. */
export function* sessionRecords(sessions: readonly Session[]): Generator<SessionRecord, void, undefined> {
  for (const session of sessions) {
    const outcomes = [...session.outcomes()].map(([sequence, outcome]) => outcomeRecord(sequence, outcome))
    yield [session.id, session.ttlMs, session.lastActive, session.acknowledgedBelow, outcomes]
  }
}

function outcomeRecord(sequence: number, { result, index, term }: Outcome): OutcomeRecord {
  if (result instanceof Rejection) return [sequence, index, term, undefined, result.cause.message]
  return [sequence, index, term, result]
}

/** @throws RaftError ERR_DECODE */
export function sessionsFrom(records: readonly unknown[]): Session[] {
  return records.map((record) => {
    if (!Array.isArray(record)) throw decodeError('a session that is no record')
    const [id, ttlMs, lastActive, acknowledgedBelow, outcomes] = record as unknown as SessionRecord
    for (const field of [id, ttlMs, lastActive, acknowledgedBelow])
      if (typeof field !== 'number') throw decodeError('a session without its numbers')
    const session = new Session(id, ttlMs, lastActive)
    session.acknowledge(acknowledgedBelow)
    for (const [sequence, index, term, result, why] of outcomes)
      session.record(
        sequence,
        why === undefined ? result : new Rejection(new CommandRejected(why)),
        index,
        term,
      )
    return session
  })
}
