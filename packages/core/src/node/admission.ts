// Who belongs to this cluster: what we say in our hello, and how we judge another's.
import type { NodeId } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import { type Hello, type HelloRefusal, type Incarnation, PROTOCOL_MAX, PROTOCOL_MIN } from '../wire/hello.js'
import { membersHash } from '../wire/members-hash.js'

export class Admission {
  readonly #id: NodeId
  readonly #clusterId: string
  readonly #incarnation: Incarnation
  readonly #members: ReadonlySet<NodeId>
  readonly #membersHash: number
  readonly #leaseHash: number
  /** The first incarnation met under each member's id; another one is a wiped storage and must not vote. */
  readonly #incarnations = new Map<NodeId, Incarnation>()

  constructor(
    id: NodeId,
    clusterId: string,
    incarnation: Incarnation,
    members: readonly Member[],
    leaseHash: number,
  ) {
    this.#id = id
    this.#clusterId = clusterId
    this.#incarnation = incarnation
    this.#members = new Set(members.map((member) => member.id))
    this.#membersHash = membersHash(members)
    this.#leaseHash = leaseHash
  }

  hello(to: NodeId): Hello {
    return {
      protocolMin: PROTOCOL_MIN,
      protocolMax: PROTOCOL_MAX,
      clusterId: this.#clusterId,
      generation: 0,
      from: this.#id,
      to,
      incarnation: this.#incarnation,
      membersHash: this.#membersHash,
      leaseHash: this.#leaseHash,
    }
  }

  admit(hello: Hello): HelloRefusal | undefined {
    if (hello.protocolMin > PROTOCOL_MAX || hello.protocolMax < PROTOCOL_MIN) return 'wrong-version'
    if (hello.clusterId !== this.#clusterId) return 'wrong-cluster'
    if (hello.generation !== 0) return 'wrong-generation'
    if (hello.to !== this.#id) return 'wrong-target'
    if (hello.from === this.#id || !this.#members.has(hello.from)) return 'unknown-member'
    if (hello.membersHash !== this.#membersHash) return 'wrong-members'
    if (hello.leaseHash !== this.#leaseHash) return 'wrong-lease'
    const known = this.#incarnations.get(hello.from)
    if (known !== undefined && known !== hello.incarnation) return 'incarnation-changed'
    this.#incarnations.set(hello.from, hello.incarnation)
    return undefined
  }

  /** True when a frame comes from the incarnation that was admitted. */
  isCurrent(from: NodeId, incarnation: Incarnation): boolean {
    return this.#incarnations.get(from) === incarnation
  }
}
