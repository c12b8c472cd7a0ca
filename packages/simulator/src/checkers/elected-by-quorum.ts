// Raft §5.2: "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the
// same term"; §6: of both configurations while joint, and by the latest one of the candidate's own log. A vote counts from
// the moment it leaves its server, the candidate's own when its disk holds it.
import type { Checker } from './checker.js'
import { isQuorum, textOf } from './configurations.js'
import { isThisMember, type NodeView } from './node-view.js'

type Voter = Pick<NodeView, 'id' | 'name' | 'incarnation'>

export const electedByQuorum: Checker = {
  property: 'elected-by-quorum',
  hooks(_history, fail) {
    /** By term and candidate, with the storage that each voter had then: it may have lost it since. */
    const votes = new Map<string, Map<string, Voter>>()
    return {
      sent(node, to, message) {
        if (message.type !== 'RequestVoteReply' || !message.voteGranted) return
        const election = `${message.term} ${to}`
        const voters = votes.get(election) ?? new Map<string, Voter>()
        votes.set(election, voters.set(node.name, voterOf(node)))
      },
      event(node, event) {
        if (event.type !== 'BecameLeader') return
        const { id, durableHardState: disk, configuration } = node
        const given = [...(votes.get(`${event.term} ${id}`)?.values() ?? [])]
        if (disk.currentTerm === event.term && disk.votedFor === id) given.push(voterOf(node))
        const voted = (voter: string): boolean =>
          given.some((view) => view.id === voter && isThisMember(view, configuration))
        if (!isQuorum(configuration, voted))
          fail(
            `${id} is elected in term ${event.term} by ${given.map(({ name }) => name)} of ${textOf(configuration)}`,
          )
      },
    }
  },
}

function voterOf({ id, name, incarnation }: NodeView): Voter {
  return { id, name, incarnation }
}
