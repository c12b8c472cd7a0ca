// What of a RaftNode's events is of interest to a person.
import type { NodeStatus, RaftNode } from '@riverraft/core'
import type { DemoEvent } from '../control/events.js'

/** The events of any node, whatever its state machine. */
type AnyNode = Pick<RaftNode<never, unknown, unknown>, 'on' | 'status'>

export function reportRaft(node: AnyNode, report: (event: DemoEvent) => void): void {
  const { id, members, leaderId, term }: NodeStatus = node.status()
  report({ type: 'raft-started', members: members.map((member) => member.id) })
  // Elected or followed before anybody listened.
  if (leaderId !== undefined) report({ type: 'leader', leader: leaderId, term, self: leaderId === id })
  node.on('LinkUp', ({ peer }) => report({ type: 'link-up', peer }))
  node.on('LinkDown', ({ peer, reason }) => report({ type: 'link-down', peer, reason }))
  node.on('BecameCandidate', (event) => report({ type: 'candidate', term: event.term }))
  node.on('BecameLeader', (event) => report({ type: 'leader', leader: id, term: event.term, self: true }))
  node.on('LeaderRecognized', ({ leader, term }) => report({ type: 'leader', leader, term, self: false }))
  node.on('HelloRefused', ({ peer, by, refusal }) => report({ type: 'hello-refused', peer, by, refusal }))
}
