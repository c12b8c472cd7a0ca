// What of a RaftNode's events is of interest to a person.
import type { MemberRole, NodeStatus, RaftNode } from '@riverraft/core'
import { ATTEMPTS_TOLD, type DemoEvent } from '../control/events.js'
import type { StorageName } from './choices.js'
import type { LogEnd } from './opened-storage.js'
import { reportLeaderless } from './report-leaderless.js'

const TELL_EVERY_MS = 10_000

/** The events of any node, whatever its state machine. */
type AnyNode = Pick<RaftNode<never, unknown, unknown>, 'on' | 'status' | 'explain'>

export function reportRaft(
  node: AnyNode,
  { storage, recovered }: { readonly storage: StorageName; readonly recovered: LogEnd },
  report: (event: DemoEvent) => void,
): void {
  const { id, members, membersIndex, leaderId, term }: NodeStatus = node.status()
  const ids = (role: MemberRole) => members.filter((member) => member.role === role).map(({ id }) => id)
  report({
    type: 'raft-started',
    membersIndex,
    voters: ids('voter'),
    learners: ids('learner'),
    storage,
    ...recovered,
  })
  // Elected or followed before anybody listened.
  if (leaderId !== undefined) report({ type: 'leader', leader: leaderId, term, self: leaderId === id })
  node.on('LinkUp', ({ peer }) => report({ type: 'link-up', peer }))
  node.on('LinkDown', ({ peer, reason }) => report({ type: 'link-down', peer, reason }))
  const candidacies = new Candidacies()
  node.on('BecameCandidate', ({ term, now }) => {
    const attempt = candidacies.next(now)
    if (attempt !== undefined) report({ type: 'candidate', term, attempt })
  })
  let isLeader = leaderId === id
  const leads = (leader: string, term: number) => {
    candidacies.reset()
    isLeader = leader === id
    report({ type: 'leader', leader, term, self: leader === id })
  }
  node.on('BecameLeader', (event) => leads(id, event.term))
  node.on('BecameFollower', ({ reason }) => {
    if (isLeader) report({ type: 'stepped-down', reason })
    isLeader = false
  })
  node.on('LeaderRecognized', (event) => leads(event.leader, event.term))
  node.on('MembershipChanged', ({ index, configuration: { voters, learners = [], outgoing = [] } }) =>
    report({ type: 'members-changed', index, voters, learners, outgoing }),
  )
  reportCatchUp(node, report)
  reportLeaderless(node, report)
  // That this node itself has joined may have happened before anybody listened: whoever waits for it says so.
  node.on('Joined', ({ peer, role }) => {
    if (peer !== id) report({ type: 'joined', peer, role, self: false })
  })
  node.on('JoinGivenUp', ({ peer, reason }) => report({ type: 'join-given-up', peer, reason }))
  node.on('JoinRefused', ({ peer, refusal }) => report({ type: 'turned-away', peer, refusal }))
  node.on('HelloRefused', ({ peer, by, refusal }) => {
    // Who joins or leaves is known to some members a moment earlier than to others: no news.
    if (refusal !== 'unknown-member') report({ type: 'hello-refused', peer, by, refusal })
  })
}

/** Told when it has come further, not as often as it is asked. */
function reportCatchUp(node: AnyNode, report: (event: DemoEvent) => void): void {
  const told = new Map<string, number>()
  node.on('CatchUpProgress', ({ follower, matchIndex, lastIndex }) => {
    if (told.get(follower) === matchIndex) return
    told.set(follower, matchIndex)
    report({ type: 'catch-up', follower, matchIndex, lastIndex })
  })
}

/** Without a majority a node tries to become leader several times a second: told at first, then now and then. */
class Candidacies {
  #attempts = 0
  #toldAt = 0

  /** The number of this attempt; undefined: not worth telling. */
  next(now: number): number | undefined {
    const attempt = this.#attempts++
    if (attempt > ATTEMPTS_TOLD && now - this.#toldAt < TELL_EVERY_MS) return undefined
    this.#toldAt = now
    return attempt
  }

  reset(): void {
    this.#attempts = 0
  }
}
