// Keeps transport and admission to who is a member, and carries out changes of the members.
import type { Input } from '../../consensus/index.js'
import type { Configuration, LogIndex, NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { RuntimeParts } from '../runtime-parts.js'
import { Changes } from './changes.js'
import { Members, type Membership } from './members.js'
import { Strangers } from './strangers.js'

export class NodeMembership {
  readonly changes: Changes
  readonly #parts: RuntimeParts
  readonly #gone: (id: NodeId) => void
  readonly #members: Members
  /** To whom the transport has links. */
  #everybody: ReadonlyMap<NodeId, Member>
  readonly strangers: Strangers
  #version: string

  /** `gone`: there is no link to that member any more, because it is none. */
  constructor(parts: RuntimeParts, step: (input: Input) => void, gone: (id: NodeId) => void) {
    const { state, initialMembers, recoveredMemberships, scheduler, events, answers } = parts
    this.#parts = parts
    this.#gone = gone
    this.#members = new Members(state, initialMembers, recoveredMemberships)
    this.#everybody = this.#members.everybody(new Map())
    this.strangers = new Strangers(parts.admission)
    this.#version = this.#members.version
    parts.admission.setMembers([...this.#everybody.values()])
    const members = this.#members
    const now = (): number => scheduler.now()
    this.changes = new Changes({ state, members, now, step, emit: (event) => events.emit(event) }, answers)
  }

  get inForce(): Membership {
    return this.#members.inForce
  }

  /** Everybody whom the transport should know at start. */
  get everybody(): readonly Member[] {
    return [...this.#everybody.values()]
  }

  changed(index: LogIndex, members: readonly Member[] | undefined): void {
    this.#members.changed(index, members)
  }

  /** What the entry of a configuration says. */
  describe(configuration: Configuration): Member[] {
    const { admission } = this.#parts
    return this.#members.describe(configuration, this.changes.wanted, (id) => admission.incarnationOf(id))
  }

  /** Once a turn, before anything is sent. */
  run(): void {
    this.changes.run()
    const version = `${this.#members.version} ${this.strangers.version}`
    if (version === this.#version) return
    this.#version = version
    const before = this.#everybody
    this.#everybody = this.strangers.beside(this.#members.everybody(before))
    const everybody = [...this.#everybody.values()]
    this.#parts.admission.setMembers(everybody)
    this.#parts.transport.setMembers(everybody)
    for (const id of before.keys()) if (!this.#everybody.has(id)) this.#gone(id)
  }
}
