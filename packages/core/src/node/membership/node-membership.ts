// Keeps transport and admission to who is a member, and carries out changes of the members.
import type { EncodeBlock } from '../../consensus/effects.js'
import { type ConsensusEvent, hearsLeader, type Input, leaderOf } from '../../consensus/index.js'
import type { Configuration, LogIndex, NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { SnapshotMetadata } from '../../ports/storage.js'
import type { Member } from '../../ports/transport.js'
import type { Incarnation } from '../../wire/hello.js'
import { Entrance } from '../joining/entrance.js'
import type { LogKeeper } from '../log-keeper.js'
import type { RuntimeParts } from '../runtime-parts.js'
import type { RuntimeEvent } from '../types.js'
import { Addresses } from './addresses.js'
import { Changes } from './changes.js'
import { Members } from './members.js'
import { Strangers } from './strangers.js'
import type { Membership } from './types.js'

export class NodeMembership {
  readonly changes: Changes
  readonly entrance: Entrance
  /** The removal of this node is committed. */
  removed = false
  readonly #parts: RuntimeParts
  readonly #gone: (id: NodeId) => void
  readonly #members: Members
  /** To whom the transport has links. */
  #everybody: ReadonlyMap<NodeId, Member>
  readonly strangers: Strangers
  readonly #addresses: Addresses
  #version: string
  /** Of the received snapshot that was restored last. */
  #restored: readonly Member[] = []

  /** `gone`: there is no link to that member any more, because it is none. */
  constructor(parts: RuntimeParts, step: (input: Input) => void, gone: (id: NodeId) => void) {
    const { state, initial, recoveredMemberships, scheduler, events, answers } = parts
    this.#parts = parts
    this.#gone = gone
    this.#members = new Members(state, initial, recoveredMemberships, (id) => parts.admission.mayReplace(id))
    this.#everybody = this.#members.everybody(new Map())
    this.strangers = new Strangers(parts.admission)
    this.#addresses = new Addresses(parts.admission, () => leaderOf(state))
    this.#version = this.#members.version
    parts.admission.inForce = () => {
      const { log, commitIndex } = state
      return { ...this.inForce, lastTerm: log.lastTerm, isSettled: log.termAt(commitIndex) === log.lastTerm }
    }
    parts.admission.hearsLeader = () => hearsLeader(state, scheduler.now())
    parts.admission.setMembers([...this.#everybody.values()])
    const members = this.#members
    const host = {
      state,
      members,
      now: (): number => scheduler.now(),
      step,
      emit: (event: RuntimeEvent): void => events.emit(event),
      isLeaving: (id: NodeId): boolean => this.#isLeaving(id),
    }
    this.changes = new Changes(host, answers)
    this.entrance = new Entrance({
      ...{ ...host, changes: this.changes, answers },
      checkMember: (member) => parts.transport.checkMember?.(member),
      incarnationOf: (id) => parts.admission.incarnationOf(id),
    })
  }

  /** It was a member, and there may still be something to say to it. */
  #isLeaving(id: NodeId): boolean {
    const isMember = this.inForce.members.some((member) => member.id === id)
    return !isMember && this.#everybody.has(id) && !this.strangers.has(id)
  }

  /** It is removed, and has said and applied everything. */
  mayStop({ lastApplied, commitIndex }: { lastApplied: LogIndex; commitIndex: LogIndex }): boolean {
    return this.removed && lastApplied >= commitIndex
  }

  /** Whom the configuration in force calls by this node's id is on another storage: somebody before it. */
  get isAnother(): boolean {
    const { state, admission } = this.#parts
    const self = this.inForce.members.find(({ id }) => id === state.id)
    if (self === undefined) return false
    if (self.incarnation !== undefined) return self.incarnation !== admission.incarnationOf(state.id)
    // Who joins is a learner until its storage is known: a voter that nobody had met is one that the cluster began with.
    return admission.isSuccessor && self.role !== 'learner'
  }

  /** Its own configuration counts on it as a voter, whatever its storage: others may do so, too. */
  get isCountedUnmet(): boolean {
    const self = this.inForce.members.find(({ id }) => id === this.#parts.state.id)
    return self !== undefined && self.role !== 'learner' && self.incarnation === undefined && !this.isAnother
  }

  get removal(): RaftError {
    return new RaftError('ERR_REMOVED', `${this.#parts.state.id} was removed from the cluster`)
  }

  get inForce(): Membership {
    return this.#members.inForce
  }

  /** Everybody whom the transport should know at start. */
  get everybody(): readonly Member[] {
    return [...this.#everybody.values()]
  }

  /** The state machine was restored from a leader's snapshot; consensus hears of it next. */
  restored({ members }: SnapshotMetadata): void {
    this.#restored = members
  }

  /** What consensus says has happened; `log` has the blocks of the present step. */
  note(event: ConsensusEvent, log: LogKeeper): void {
    if (event.type === 'SnapshotInstalled') this.#members.installed(event.lastIncludedIndex, this.#restored)
    if (event.type === 'MembershipChanged') this.#members.changed(event.index, log.membersAt(event.index))
  }

  /** The leader's entry of a configuration has its place: it is in force, and known, from append on. */
  encode({ firstIndex, term }: EncodeBlock, configuration: Configuration, log: LogKeeper): void {
    const { admission } = this.#parts
    const incarnationOf = (id: NodeId): Incarnation | undefined => admission.incarnationOf(id)
    const members = this.#members.describe(configuration, this.changes.wanted, incarnationOf)
    log.encodeMembership(members, firstIndex, term)
    this.#members.changed(firstIndex, members)
  }

  /** Once a turn, before anything is sent. */
  run(): void {
    this.entrance.run()
    this.changes.run()
    const { log } = this.#parts.state
    const version = `${this.#members.version} ${this.strangers.version} ${this.#addresses.version} ${log.lastTerm}`
    if (version === this.#version) return
    this.#version = version
    this.#members.forget()
    const before = this.#everybody
    this.#everybody = this.#addresses.over(this.strangers.beside(this.#members.everybody(before)))
    const everybody = [...this.#everybody.values()]
    const { admission, transport } = this.#parts
    const others = admission.setMembers(everybody)
    // Hung up on, and welcome with a hello that says of which configuration it is.
    if (others.size > 0) transport.setMembers(everybody.filter(({ id }) => !others.has(id)))
    transport.setMembers(everybody)
    for (const id of others) this.#gone(id)
    for (const [id, { address }] of before) {
      const now = this.#everybody.get(id)
      // Dialled anew elsewhere, it is not linked meanwhile. A stranger that has moved has only just said so.
      if (now === undefined || (now.address !== address && !this.strangers.has(id))) this.#gone(id)
    }
  }
}
