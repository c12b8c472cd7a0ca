// All client sessions (thesis §6.3), a pure function of the log: every replica has the same after the same entry. Time is
// the entries' own, so that a session ends at the same index everywhere.
import { Session } from './session.js'

/** Opening one more ends the session that was not used for longest. Part of the protocol. */
export const SESSIONS_MAX = 65_536

export class SessionTable {
  /** The one that was not used for longest first. */
  readonly #sessions = new Map<number, Session>()
  #latest: Session | undefined
  /** No session ends before this: sessions are looked through no sooner. */
  #nextEnd = Number.POSITIVE_INFINITY
  /** How often the sessions were captured: one that is older than the last time is copied before it changes. */
  #captures = 0

  get size(): number {
    return this.#sessions.size
  }

  /** As it is, whether expired by now or not. */
  get(id: number): Session | undefined {
    return this.#sessions.get(id)
  }

  /**
   * All sessions as of now, in the order of their use, to be read later. They are copied only when they change: to copy a
   * full table at once would take a leader longer than an election timeout.
   */
  capture(): Session[] {
    this.#captures++
    return [...this.#sessions.values()]
  }

  /** Instead of what is here: what `capture` gave elsewhere. They are this table's from now on. */
  restore(sessions: readonly Session[]): void {
    this.#sessions.clear()
    this.#nextEnd = Number.POSITIVE_INFINITY
    for (const session of sessions) {
      session.captures = this.#captures
      this.#sessions.set(session.id, session)
      this.#nextEnd = Math.min(this.#nextEnd, session.lastActive + session.ttlMs)
    }
    this.#latest = sessions.at(-1)
  }

  has(id: number): boolean {
    return this.#sessions.has(id)
  }

  /** The entry at index `id` opens a session. Whatever has expired by now goes, and makes room. */
  open(id: number, ttlMs: number, timestamp: number): void {
    if (timestamp > this.#nextEnd) this.#sweep(timestamp)
    if (this.#sessions.size === SESSIONS_MAX) this.#sessions.delete(this.#sessions.keys().next().value!)
    this.#latest = new Session(id, ttlMs, timestamp)
    this.#latest.captures = this.#captures
    this.#sessions.set(id, this.#latest)
    this.#nextEnd = Math.min(this.#nextEnd, timestamp + ttlMs)
  }

  #sweep(timestamp: number): void {
    this.#nextEnd = Number.POSITIVE_INFINITY
    for (const [id, session] of this.#sessions) {
      if (session.isExpired(timestamp)) this.#sessions.delete(id)
      else this.#nextEnd = Math.min(this.#nextEnd, session.lastActive + session.ttlMs)
    }
  }

  /**
   * The session of a block that is about to be applied. Undefined: unknown, or expired, and never made anew: the second
   * run of a retry would not be told from a first one.
   */
  use(id: number, timestamp: number, acknowledgedBelow: number): Session | undefined {
    const present = this.#sessions.get(id)
    if (present === undefined) return undefined
    if (present.isExpired(timestamp)) {
      this.#sessions.delete(id)
      return undefined
    }
    const session = present.captures === this.#captures ? present : this.#copied(present)
    session.lastActive = timestamp
    session.acknowledge(acknowledgedBelow)
    if (session !== this.#latest) {
      this.#sessions.delete(id)
      this.#sessions.set(id, session)
      this.#latest = session
    }
    return session
  }

  /** In the place of one that was captured. */
  #copied(captured: Session): Session {
    const session = captured.copy()
    session.captures = this.#captures
    this.#sessions.set(session.id, session)
    if (this.#latest === captured) this.#latest = session
    return session
  }
}
