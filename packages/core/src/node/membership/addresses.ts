// Where members are, by what they know of a later configuration: a log that is read from its beginning names them where they
// were long ago, and whoever has moved since would never hear an answer.
import type { NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { ConfigurationRank, Hello } from '../../wire/hello.js'
import type { Admission } from '../admission.js'
import { isLater, mayBeLater, NO_RANK } from './configuration-rank.js'

interface Told {
  readonly address: string
  /** The one they had when they said hello. */
  readonly memberAt: ConfigurationRank
}

export class Addresses {
  readonly #admission: Admission
  readonly #leader: () => NodeId | undefined
  /** Of those that may know a later configuration than this node. */
  readonly #told = new Map<NodeId, Told>()
  /** Rises with each change. */
  version = 0

  constructor(admission: Admission, leader: () => NodeId | undefined) {
    this.#admission = admission
    this.#leader = leader
    admission.onWelcome = (hello) => this.#hear(hello)
  }

  #hear({ from: id, address, memberAt = NO_RANK }: Hello): void {
    const known = this.#told.get(id)
    if (address === undefined || !mayBeLater(memberAt, this.#admission.inForce())) {
      if (this.#told.delete(id)) this.version++
    } else {
      this.#told.set(id, { address, memberAt })
      if (known?.address !== address) this.version++
    }
  }

  /** `members`, each where it says that it is, until this node's configuration is as late as its own. */
  over(members: Map<NodeId, Member>): Map<NodeId, Member> {
    const inForce = this.#admission.inForce()
    const leader = this.#leader()
    for (const [id, { address, memberAt }] of this.#told) {
      const member = members.get(id)
      if (member === undefined || !mayBeLater(memberAt, inForce)) this.#told.delete(id)
      // A leader has a later log than any follower, whatever it had when it said hello.
      else if (member.address !== address && (id === leader || isLater(memberAt, inForce)))
        members.set(id, { ...member, address })
    }
    return members
  }
}
