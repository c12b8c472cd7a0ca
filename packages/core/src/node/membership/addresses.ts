// Where members are, by what they know of a later configuration: a log that is read from its beginning names them where they
// were long ago, and whoever has moved since would never hear an answer.
import type { ConfigurationAge, NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { Hello } from '../../wire/hello.js'
import type { Admission } from '../admission.js'
import { isLaterConfiguration, NO_AGE } from './configuration-age.js'

export class Addresses {
  readonly #admission: Admission
  /** Of those that know a later configuration than this node: the one they had when they said hello. */
  readonly #told = new Map<NodeId, { readonly address: string; readonly memberAt: ConfigurationAge }>()
  /** Rises with each change. */
  version = 0

  constructor(admission: Admission) {
    this.#admission = admission
    admission.onWelcome = (hello) => this.#hear(hello)
  }

  #hear({ from: id, address, memberAt = NO_AGE }: Hello): void {
    const known = this.#told.get(id)
    if (address === undefined || !isLaterConfiguration(memberAt, this.#admission.inForce())) {
      if (this.#told.delete(id)) this.version++
    } else {
      this.#told.set(id, { address, memberAt })
      if (known?.address !== address) this.version++
    }
  }

  /** `members`, each where it says that it is, until this node's configuration is as late as its own. */
  over(members: Map<NodeId, Member>): Map<NodeId, Member> {
    const inForce = this.#admission.inForce()
    for (const [id, { address, memberAt }] of this.#told) {
      const member = members.get(id)
      if (member === undefined || !isLaterConfiguration(memberAt, inForce)) this.#told.delete(id)
      else if (member.address !== address) members.set(id, { ...member, address })
    }
    return members
  }
}
