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
  /** By the index of their configuration. */
  readonly #kept = new Map<LogIndex, readonly Member[]>()
  #index: LogIndex

  /** `initial`: the snapshot's, or what the cluster began with; `recovered`: what the log behind that holds, in order. */
  constructor(state: State, initial: Membership, recovered: readonly MembershipBlock[]) {
    this.#state = state
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
    if (members !== undefined) this.#kept.set(index, members)
    this.#index = index
    this.#forget()
  }

  /** A snapshot is installed, and told of these members. What the log behind it holds may still be in force. */
  installed(index: LogIndex, members: readonly Member[]): void {
    this.#kept.set(index, members)
    this.#index = configurationInForce(this.#state).index
    this.#forget()
  }

  #forget(): void {
    const { configuration, configurations } = this.#state
    // Consensus has not heard yet what was recovered.
    if (configuration.voters.length === 0) return
    for (const kept of this.#kept.keys())
      if (!configurations.some((entry) => entry.index === kept)) this.#kept.delete(kept)
  }

  /**
   * Everybody to whom there may be something to say: all configurations that count, who is being told to leave, and a
   * leader that is removed, until it has handed over.
   */
  everybody(before: ReadonlyMap<NodeId, Member>): Map<NodeId, Member> {
    // What is applied puts an end to the configurations before it.
    this.#forget()
    const found = new Map<NodeId, Member>()
    const { role } = this.#state
    const leaving = role.role === 'leader' ? [...role.followers.keys()] : []
    const leader = leaderOf(this.#state)
    for (const id of leader === undefined ? leaving : [...leaving, leader])
      if (before.has(id)) found.set(id, before.get(id)!)
    const oldestFirst = [...this.#kept].sort(([a], [b]) => a - b)
    for (const [, members] of oldestFirst) for (const member of members) found.set(member.id, member)
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
      const { address, incarnation = incarnationOf(id) } = wanted.get(id) ?? known.get(id)!
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
    return `${first} ${last} ${configurations.length} ${followers} ${leaderOf(this.#state)}`
  }
}

function roleIn({ voters, learners }: Configuration, id: NodeId): MemberRole {
  if (voters.includes(id)) return 'voter'
  return learners?.includes(id) ? 'learner' : 'leaving'
}
