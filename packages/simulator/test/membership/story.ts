// A few servers and their logs, told by hand: what a checker says of it.
import type { EntryBlock, LogIndex, Member, NodeEvent, NodeId, PeerMessage, Term } from '@riverraft/core'
import type { Checker, Hooks } from '../../src/checkers/checker.js'
import { History } from '../../src/checkers/history.js'
import type { NodeView } from '../../src/checkers/node-view.js'

type EventBody = NodeEvent extends infer Event
  ? Event extends NodeEvent
    ? Omit<Event, 'node' | 'sequence' | 'now'>
    : never
  : never

/** 'abc': three voters; 'abc+d': and a learner; 'abd<abc': the voters abc on their way to abd. */
export function members(text: string): Member[] {
  const [roles = '', outgoing = ''] = text.split('<')
  const [voters = '', learners = ''] = roles.split('+')
  const ids = [...new Set([...voters, ...outgoing, ...learners])]
  return ids.map((id) => ({
    id,
    address: id,
    role: voters.includes(id) ? 'voter' : learners.includes(id) ? 'learner' : 'leaving',
    ...(outgoing.includes(id) ? { outgoing: true as const } : {}),
  }))
}

/** The same, as consensus says it. */
export function configuration(text: string): {
  voters: NodeId[]
  learners: NodeId[]
  outgoing?: NodeId[]
} {
  const those = members(text)
  const ids = (role: string): NodeId[] => those.filter((one) => one.role === role).map(({ id }) => id)
  const outgoing = those.filter((one) => one.outgoing).map(({ id }) => id)
  return { voters: ids('voter'), learners: ids('learner'), ...(outgoing.length > 0 ? { outgoing } : {}) }
}

export class Story {
  readonly history: History
  readonly said: string[] = []
  readonly #hooks: Hooks

  constructor(checker: Checker, first = 'abc') {
    this.history = new History([...first], () => {})
    this.#hooks = checker.hooks(this.history, (message) => this.said.push(message))
  }

  view(id: NodeId): NodeView {
    return this.history.view(id) ?? this.history.newcomer(id)
  }

  /** An entry with these members, in the logs of those, on their disks too. */
  entry(index: LogIndex, term: Term, who: string, those: string, changed: Partial<Member> = {}): this {
    const list = members(who).map((member) => ({ ...member, ...changed }))
    this.history.configurations.learn({ members: list, lastIndex: index, term } as unknown as EntryBlock)
    return this.log(index, term, those)
  }

  /** Entries of `term` up to `index`, in the logs of those, on their disks too. */
  log(index: LogIndex, term: Term, those: string): this {
    for (const id of those) {
      const view = this.view(id)
      while (view.log.length < index) view.log.push(term)
      view.log[index - 1] = term
      view.storedLog = [...view.log]
    }
    return this
  }

  commit(index: LogIndex, term: Term, those = ''): this {
    while (this.history.committed.length < index) this.history.committed.push({ term, inTerm: term })
    for (const id of those) this.view(id).commitIndex = index
    return this
  }

  leads(id: NodeId, term: Term): this {
    const view = this.view(id)
    view.term = term
    view.role = 'leader'
    return this
  }

  event(id: NodeId, body: EventBody, now = 1): this {
    const view = this.view(id)
    const event = { ...body, node: id, sequence: 1, now } as NodeEvent
    this.#hooks.event?.(view, event)
    view.follow(event)
    return this
  }

  /** As a leader appends it: the configuration of its newest entry. */
  appends(id: NodeId, who: string, now = 1): this {
    const view = this.view(id)
    const index = view.log.length + 1
    this.event(id, { type: 'EntriesAppended', firstIndex: index, lastIndex: index, term: view.term }, now)
    this.event(id, { type: 'MembershipChanged', index, configuration: configuration(who) }, now)
    this.history.configurations.announce(index, view.term, configuration(who))
    return this
  }

  sent(id: NodeId, to: NodeId, message: Partial<PeerMessage> & { readonly type: PeerMessage['type'] }): this {
    this.#hooks.sent?.(this.view(id), to, message as PeerMessage)
    return this
  }

  get hooks(): Hooks {
    return this.#hooks
  }

  /** What was said since the last time. */
  get wrong(): string[] {
    return this.said.splice(0)
  }
}
