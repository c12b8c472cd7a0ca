// Who belongs to this cluster: what we say in our hello, and how we judge another's.
import type { NodeId } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import {
  type ConfigurationRank,
  type Hello,
  type HelloRefusal,
  type Incarnation,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
} from '../wire/hello.js'
import { membersHash } from '../wire/members-hash.js'
import { mayBeLater, NO_RANK, type OwnRank } from './membership/configuration-rank.js'

export class Admission {
  readonly #id: NodeId
  readonly #clusterId: string
  readonly #incarnation: Incarnation
  readonly #generation: number
  /** Those that may connect. */
  #members: ReadonlySet<NodeId>
  readonly #membersHash: number
  readonly #leaseHash: number
  /** The cluster began with somebody of this node's id, on another storage. */
  readonly isSuccessor: boolean
  /**
   * Of this cluster, but no member as far as this node knows: a leader that was added while this node was away, perhaps
   * (thesis §4.2.2).
   */
  onStranger: ((hello: Hello) => void) | undefined
  /** It is let in, as a member or a stranger, perhaps with a storage of a configuration still to come. */
  onWelcome: ((hello: Hello) => void) | undefined
  /** True: it is no member, and may come with any storage. */
  isStranger: (id: NodeId) => boolean = () => false
  /** A member is in a later generation: the cluster was recovered without this node. */
  onLaterGeneration: ((hello: Hello) => void) | undefined
  /** Where this node listens, once it does. */
  address = ''
  /** The first incarnation met under each member's id; another one is a wiped storage and must not vote. */
  readonly #incarnations = new Map<NodeId, Incarnation>()
  /** Those of them that another one may replace: of an earlier membership under that id. */
  readonly #earlier = new Map<NodeId, Incarnation>()
  /** Who of them has not been hung up on yet. */
  readonly #anew = new Set<NodeId>()
  /** What came for one of them with a later configuration than any that this node has. */
  readonly #later = new Map<NodeId, Incarnation>()
  /** What this node knows is not out of date: a leader is there, or it leads. */
  hearsLeader: () => boolean = () => true
  /** What this node uses, and how late that is. */
  inForce: () => OwnRank & { readonly members: readonly Member[] } = () => ({
    ...NO_RANK,
    isSettled: true,
    members: [],
  })

  constructor(
    id: NodeId,
    clusterId: string,
    incarnation: Incarnation,
    members: readonly Member[],
    leaseHash: number,
    generation: number,
  ) {
    this.#id = id
    this.#clusterId = clusterId
    this.#incarnation = incarnation
    this.#generation = generation
    this.#members = new Set(members.map((member) => member.id))
    this.#membersHash = membersHash(members)
    const self = members.find((member) => member.id === id)
    this.isSuccessor = self?.incarnation !== undefined && self.incarnation !== incarnation
    this.#leaseHash = leaseHash
  }

  /**
   * Who is a member now. The incarnation that is committed for one is the only one that it may have; a removed one may come
   * back with another storage once it is added again. Returns who was let in with another one, or before it was a member: it
   * has to say hello anew.
   */
  setMembers(members: readonly Member[]): Set<NodeId> {
    const others = new Set(this.#anew)
    this.#anew.clear()
    this.#members = new Set(members.map((member) => member.id))
    for (const id of this.#incarnations.keys()) if (!this.#members.has(id)) this.#forget(id)
    for (const { id, incarnation } of members) {
      if (incarnation === undefined || id === this.#id) continue
      if ((this.#incarnations.get(id) ?? incarnation) !== incarnation) others.add(id)
      this.#forget(id)
      this.#incarnations.set(id, incarnation)
      if (this.#later.get(id) === incarnation) this.#later.delete(id)
    }
    return others
  }

  #forget(id: NodeId): void {
    this.#incarnations.delete(id)
    this.#earlier.delete(id)
    if (!this.#members.has(id)) this.#later.delete(id)
  }

  /** It is a member anew: what was met under its id, perhaps before it was removed, is not the only one that it may have. */
  mayReplace(id: NodeId): void {
    const known = this.#incarnations.get(id)
    const later = this.#later.get(id)
    if (later !== undefined) this.#incarnations.set(id, later)
    else if (known !== undefined) {
      this.#earlier.set(id, known)
      this.#anew.add(id)
    }
    this.#later.delete(id)
  }

  /** Of this node or a member that has said hello since it is one; undefined while it is not known. */
  incarnationOf(id: NodeId): Incarnation | undefined {
    if (id === this.#id) return this.#incarnation
    const known = this.#incarnations.get(id)
    return known === this.#earlier.get(id) ? undefined : known
  }

  hello(to: NodeId): Hello {
    return {
      protocolMin: PROTOCOL_MIN,
      protocolMax: PROTOCOL_MAX,
      clusterId: this.#clusterId,
      generation: this.#generation,
      from: this.#id,
      to,
      incarnation: this.#incarnation,
      membersHash: this.#membersHash,
      leaseHash: this.#leaseHash,
      ...this.#place(),
    }
  }

  /** What a configuration names is where it can be dialled; what it listens on may be behind a NAT, or every interface. */
  #place(): { readonly address?: string; readonly memberAt?: ConfigurationRank } {
    const at = this.#memberAt()
    const self =
      at.memberAt === undefined ? undefined : this.inForce().members.find(({ id }) => id === this.#id)
    const address = self?.address || this.address
    return { ...(address === '' ? {} : { address }), ...at }
  }

  /**
   * Also where it was added as a learner before anybody had met its storage (of a voter somebody has), and where its log
   * has not come to that yet: that log left out whoever was called so before.
   */
  #memberAt(): { readonly memberAt?: ConfigurationRank } {
    const { index, lastTerm, members } = this.inForce()
    const self = members.find(({ id }) => id === this.#id)
    const isNamed = self?.incarnation === this.#incarnation
    const isNew = self === undefined || (self.role === 'learner' && self.incarnation === undefined)
    return (isNamed || isNew) && index > 0 ? { memberAt: { lastTerm, index } } : {}
  }

  admit(hello: Hello): HelloRefusal | undefined {
    const refusal = this.#judge(hello)
    if (refusal === undefined) this.onWelcome?.(hello)
    return refusal
  }

  #judge(hello: Hello): HelloRefusal | undefined {
    if (hello.protocolMin > PROTOCOL_MAX || hello.protocolMax < PROTOCOL_MIN) return 'wrong-version'
    if (hello.clusterId !== this.#clusterId) return 'wrong-cluster'
    if (hello.to !== this.#id) return 'wrong-target'
    if (hello.from === this.#id) return 'unknown-member'
    if (hello.membersHash !== this.#membersHash) return 'wrong-members'
    // After all that says which cluster is meant: whoever is told that it is recovered without him stops.
    if (hello.generation < this.#generation) return 'earlier-generation'
    if (hello.generation > this.#generation) {
      if (this.#isMember(hello)) this.onLaterGeneration?.(hello)
      return 'wrong-generation'
    }
    if (hello.leaseHash !== this.#leaseHash) return 'wrong-lease'
    if (!this.#members.has(hello.from)) {
      this.onStranger?.(hello)
      return 'unknown-member'
    }
    const known = this.#incarnations.get(hello.from)
    const isPinned = known !== this.#earlier.get(hello.from) && !this.isStranger(hello.from)
    if (known !== undefined && known !== hello.incarnation && isPinned) {
      // A new disk names nobody: this one was added after the other was removed, and this node has not heard of it.
      if (!mayBeLater(hello.memberAt ?? NO_RANK, this.inForce())) {
        return this.hearsLeader() ? 'incarnation-changed' : 'incarnation-doubted'
      }
      this.#later.set(hello.from, hello.incarnation)
      return undefined
    }
    this.#earlier.delete(hello.from)
    this.#incarnations.set(hello.from, hello.incarnation)
    return undefined
  }

  /** Under the incarnation that it always had: one on a new storage may say anything. */
  #isMember({ from, incarnation }: Hello): boolean {
    return this.#members.has(from) && (this.#incarnations.get(from) ?? incarnation) === incarnation
  }

  /** True when a frame comes from the incarnation that was admitted. */
  isCurrent(from: NodeId, incarnation: Incarnation): boolean {
    return this.#incarnations.get(from) === incarnation || this.isLater(from, incarnation)
  }

  /** It is another one than this node's configuration names, of a configuration that is still to come: as a stranger, it may lead. */
  isLater(from: NodeId, incarnation: Incarnation): boolean {
    return this.#later.get(from) === incarnation
  }
}
