// Which storage each other server has, as a node's admission knows it.
import { isMember, membersOf } from '../../src/consensus/configuration.js'
import type { ConsensusEvent, NodeId, State } from '../../src/consensus/index.js'

export class Acquaintances {
  /** The incarnation that was met first. */
  readonly #met = new Map<NodeId, number>()
  #members: readonly NodeId[] = []

  forget(): void {
    this.#met.clear()
  }

  /**
   * As long as a sender is a member, or is being told that it is none, only the storage that was met first is heard. The
   * connections of one that is gone are gone with it: somebody new has the `newest`.
   */
  hears({ role, configurations }: State, from: NodeId, incarnation: number, newest: number): boolean {
    const isKnown =
      configurations.some(({ configuration }) => isMember(configuration, from)) ||
      (role.role === 'leader' && role.followers.has(from))
    if (isKnown && this.#met.has(from)) return this.#met.get(from) === incarnation
    if (incarnation !== newest) return false
    this.#met.set(from, incarnation)
    return true
  }

  /** Who was no member may have another storage by now. */
  note(event: ConsensusEvent): void {
    if (event.type === 'SnapshotInstalled') this.#met.clear()
    if (event.type !== 'MembershipChanged') return
    const members = membersOf(event.configuration)
    for (const id of members) if (!this.#members.includes(id)) this.#met.delete(id)
    this.#members = members
  }
}
