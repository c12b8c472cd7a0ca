// Who is a member, behind the ids that consensus knows: addresses and incarnations, for each configuration it keeps.
import { configurationInForce, membersOf } from '../../consensus/configuration.js'
import { leaderOf, type State } from '../../consensus/index.js'
import type { Configuration, LogIndex, NodeId } from '../../consensus/types.js'
import type { Member, MemberRole } from '../../ports/transport.js'
import type { Incarnation } from '../../wire/hello.js'
import type { MembershipBlock } from './recover.js'
import type { Membership } from './types.js'

export class Members {
  readonly #state: State
  readonly #isNew: (id: NodeId) => void
  /** By the index of their configuration. */
  readonly #kept = new Map<LogIndex, readonly Member[]>()
  #index: LogIndex
  /** How often something was kept. */
  #changes = 0

  /**
   * `initial`: the snapshot's, or what the cluster began with; `recovered`: what the log behind that holds, in order.
   * `isNew` is told of members whose incarnation is not committed yet.
   */
  constructor(
    state: State,
    initial: Membership,
    recovered: readonly MembershipBlock[],
    isNew: (id: NodeId) => void,
  ) {
    this.#state = state
    this.#isNew = isNew
    for (const { index, members } of [initial, ...recovered]) this.#kept.set(index, members)
    this.#index = recovered.at(-1)?.index ?? initial.index
  }

  get inForce(): Membership {
    return { index: this.#index, members: this.#kept.get(this.#index)! }
  }

  /**
   * Consensus says that the configuration of `index` is in force. Without `members` it is one that was known before, or one
   * that this leader has still to describe.
   */
  changed(index: LogIndex, members: readonly Member[] | undefined): void {
    if (members === undefined && !this.#kept.has(index)) return
    if (members !== undefined) this.#keep(index, members)
    this.#index = index
    this.#changes++
  }

  /** A snapshot is installed, and told of these members. What the log behind it holds may still be in force. */
  installed(index: LogIndex, members: readonly Member[]): void {
    const inForce = configurationInForce(this.#state).index
    // An older one says of nobody what has become of it since.
    if (inForce > index) this.#kept.set(index, members)
    else this.#keep(index, members)
    this.#index = inForce
    this.#changes++
  }

  /** Who was no member, or has no incarnation any more, was removed and added again: another storage may come. */
  #keep(index: LogIndex, members: readonly Member[]): void {
    const before = new Map(this.inForce.members.map((member) => [member.id, member]))
    for (const { id, incarnation } of members) {
      const was = before.get(id)
      if (incarnation === undefined && (was === undefined || was.incarnation !== undefined)) this.#isNew(id)
    }
    this.#kept.set(index, members)
  }

  /** What consensus keeps no more: it was truncated, or what came behind it is applied. */
  forget(): void {
    const { configurations } = this.#state
    for (const kept of this.#kept.keys())
      if (!configurations.some((entry) => entry.index === kept)) this.#kept.delete(kept)
  }

  /**
   * Everybody to whom there may be something to say: who is in the newest configuration or the one before, who is being told to
   * leave, and the leader, who may be removed and leads until others are told. A change begins when the last one is committed
   * (§6), so that nothing falls back behind the one before. Who is in earlier ones only was removed for good, also where nobody
   * has told this node how far its log is committed.
   */
  everybody(before: ReadonlyMap<NodeId, Member>): Map<NodeId, Member> {
    const found = new Map<NodeId, Member>()
    const { role } = this.#state
    const leader = leaderOf(this.#state)
    const others = role.role === 'leader' ? [...role.followers.keys()] : leader === undefined ? [] : [leader]
    for (const id of others) if (before.has(id)) found.set(id, before.get(id)!)
    const lastTwo = [...this.#kept].sort(([a], [b]) => a - b).slice(-2)
    for (const [, members] of lastTwo) for (const member of members) found.set(member.id, member)
    return found
  }

  /** What the entry of a configuration says. `wanted` has who is new, or at a new address. */
  describe(
    configuration: Configuration,
    wanted: ReadonlyMap<NodeId, Member>,
    incarnationOf: (id: NodeId) => Incarnation | undefined,
  ): Member[] {
    const known = new Map(this.inForce.members.map((member) => [member.id, member]))
    return membersOf(configuration).map((id) => {
      const { address, incarnation: named } = wanted.get(id) ?? known.get(id)!
      // Who asked under a new member's id before it was one may have been on another storage.
      const incarnation = named ?? (known.has(id) ? incarnationOf(id) : undefined)
      return {
        id,
        address,
        role: roleIn(configuration, id),
        ...(configuration.outgoing?.includes(id) ? { outgoing: true as const } : {}),
        ...(incarnation === undefined ? {} : { incarnation }),
      }
    })
  }

  /** Changes whenever `everybody` may have changed. */
  get version(): string {
    const { role, configurations } = this.#state
    const followers = role.role === 'leader' ? role.followers.size : 0
    const [first, last] = [configurations[0]!.index, configurationInForce(this.#state).index]
    // Another configuration may stand where one was truncated.
    return `${first} ${last} ${configurations.length} ${followers} ${this.#changes} ${leaderOf(this.#state) ?? ''}`
  }
}

function roleIn({ voters, learners }: Configuration, id: NodeId): MemberRole {
  if (voters.includes(id)) return 'voter'
  return learners?.includes(id) ? 'learner' : 'leaving'
}
