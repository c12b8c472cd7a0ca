// Since when this node may act as the leader: from the moment it has applied its own no-op, until the term's end.
import type { State } from '../consensus/index.js'
import type { Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'

export interface LeadershipListener {
  /** Called within a turn: nothing may be asked of the node here. */
  began(term: Term): void
  ended(reason: RaftError): void
  /** The node stops: the last call. */
  stopped(reason: RaftError): void
}

export class Leadership {
  /** The term that this node leads and has applied its no-op of. */
  term: Term | undefined
  /** Set once the node stops. */
  #stopped: RaftError | undefined
  readonly #listeners = new Set<LeadershipListener>()

  /** A step or an apply is over: looks whether it began or ended something. */
  look({ role, currentTerm, lastApplied }: State): void {
    if (this.term !== undefined && (role.role !== 'leader' || currentTerm !== this.term)) {
      const error = new RaftError('ERR_LEADERSHIP_LOST', `the leadership of term ${this.term} ended`)
      this.term = undefined
      for (const listener of [...this.#listeners]) listener.ended(error)
    }
    // Everything that was committed in earlier terms is applied by then, and a quorum follows (§8).
    if (this.term !== undefined || role.role !== 'leader' || lastApplied < role.firstIndex) return
    this.term = currentTerm
    for (const listener of [...this.#listeners]) listener.began(currentTerm)
  }

  /** The listener is told at once what holds now. Returns how to end it. */
  listen(listener: LeadershipListener): () => void {
    if (this.#stopped !== undefined) {
      listener.stopped(this.#stopped)
      return () => undefined
    }
    this.#listeners.add(listener)
    if (this.term !== undefined) listener.began(this.term)
    return () => void this.#listeners.delete(listener)
  }

  stop(reason: RaftError): void {
    this.#stopped = reason
    this.term = undefined
    for (const listener of [...this.#listeners]) listener.stopped(reason)
    this.#listeners.clear()
  }
}
