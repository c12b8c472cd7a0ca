// What a member tells somebody who has the cluster's secret.
import { leaderOf } from '../../consensus/index.js'
import type { NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { JoinReply, JoinRequest } from '../../wire/join-content.js'
import type { Admission } from '../admission.js'
import type { Runtime } from '../runtime.js'
import { idTaken } from './verdict.js'

export class Reception {
  readonly #runtime: Runtime
  readonly #admission: Admission
  /** Those the cluster began with. */
  readonly #initial: readonly Member[]

  constructor(runtime: Runtime, admission: Admission, initial: readonly Member[]) {
    this.#runtime = runtime
    this.#admission = admission
    this.#initial = initial
  }

  async answer(from: NodeId, request: JoinRequest): Promise<JoinReply> {
    if (request.type === 'facts') return this.#facts(from)
    if (request.type === 'enter' && request.leaseHash !== this.#admission.hello(from).leaseHash)
      return { type: 'refused', refusal: 'wrong-lease', why: 'its `leases` or election timeouts differ' }
    const answer = this.#runtime.membership.entrance.enter(from, request)
    this.#runtime.wake()
    return answer
  }

  #facts(from: NodeId): JoinReply {
    const { members } = this.#runtime.membership.inForce
    const taken = members.find(({ id }) => id === from)
    // It asks because its storage is empty. A learner may have been added before it was ever started.
    const isKnown = taken?.incarnation !== undefined || this.#admission.incarnationOf(from) !== undefined
    if (taken !== undefined && (isKnown || taken.role !== 'learner'))
      return { type: 'refused', refusal: 'id-taken', why: idTaken(from) }
    const leader = members.find(({ id }) => id === leaderOf(this.#runtime.state))
    const { generation } = this.#admission.hello(from)
    return { type: 'facts', generation, initial: this.#initial, members, leader }
  }
}
