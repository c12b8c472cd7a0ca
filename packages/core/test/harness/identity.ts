// Which storage a server has, and what it therefore is not, as a node tells by incarnations (ADR 0067).
import { isMember } from '../../src/consensus/configuration.js'
import type { LogIndex, Message, State } from '../../src/consensus/index.js'

const OF_VOTERS: ReadonlySet<Message['type']> = new Set(['RequestVote', 'PreVote', 'TimeoutNow'])

export class Identity {
  /** Rises when the storage is replaced by an empty one. */
  incarnation = 0
  /** Whom entries up to here call by this id had the storage before. */
  #formerThrough: LogIndex = 0

  replaced(committed: LogIndex): void {
    this.incarnation++
    this.#formerThrough = committed
  }

  /** The configuration in force is of the time when somebody before it had its id. */
  isAnother({ id, configurations }: State): boolean {
    const { index, configuration } = configurations.at(-1)!
    return this.incarnation > 0 && index <= this.#formerThrough && isMember(configuration, id)
  }

  /** What is asked of a voter is not asked of whoever only has its id. */
  hears(state: State, { type }: Message): boolean {
    return !OF_VOTERS.has(type) || !this.isAnother(state)
  }
}
