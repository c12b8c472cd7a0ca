// Thesis §4.2.2: "a server accepts AppendEntries requests from a leader that is not part of the server's latest
// configuration", and votes for candidates that are not: it could else never learn of them. They are a bounded number, and
// may say nothing else.
import type { NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { Hello } from '../../wire/hello.js'
import type { PeerMessage } from '../../wire/messages.js'
import type { Admission } from '../admission.js'

/** More are not looked at: a newer one takes the place of the oldest. */
export const STRANGERS_MAX = 8

const MAY_SAY: ReadonlySet<PeerMessage['type']> = new Set([
  'AppendEntries',
  'InstallSnapshot',
  'RequestVote',
  'PreVote',
])

export class Strangers {
  /** Oldest first. */
  readonly #known = new Map<NodeId, Member>()
  /** Rises with each change. */
  version = 0

  constructor(admission: Admission) {
    admission.onStranger = (hello) => this.#met(hello)
    admission.isStranger = (id) => this.#known.has(id)
  }

  /** Without an address nothing could be answered. This hello is refused; the next one finds it known. */
  #met({ from: id, address }: Hello): void {
    if (address === undefined || this.#known.get(id)?.address === address) return
    this.#known.delete(id)
    this.#known.set(id, { id, address, role: 'learner' })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= STRANGERS_MAX) break
      this.#known.delete(oldest)
    }
    this.version++
  }

  /** `members` and those who are none: they are known to the transport alone. */
  beside(members: Map<NodeId, Member>): Map<NodeId, Member> {
    for (const [id, stranger] of this.#known) {
      if (members.has(id)) this.#known.delete(id)
      else members.set(id, stranger)
    }
    return members
  }

  /** The link to it is gone: if it is still there, it will say hello again. */
  linkDown(id: NodeId): void {
    if (this.#known.delete(id)) this.version++
  }

  has(id: NodeId): boolean {
    return this.#known.has(id)
  }

  /** False: a stranger says what only members may. `isLater`: so may nobody whose storage this node's members do not name yet. */
  mayHear(from: NodeId, type: PeerMessage['type'], isLater = false): boolean {
    return MAY_SAY.has(type) || (!isLater && !this.#known.has(from))
  }
}
