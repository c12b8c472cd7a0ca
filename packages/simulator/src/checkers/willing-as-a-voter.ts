// §5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate"; thesis §9.6: a server
// grants a pre-vote only if it would grant its vote.
import type { LogIndex, NodeEventType, NodeId, PeerMessage, Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import type { NodeView } from './node-view.js'

/** What changes the end of a log. */
const CHANGES: ReadonlySet<NodeEventType> = new Set(['EntriesAppended', 'LogTruncated', 'SnapshotInstalled'])

interface End {
  readonly index: LogIndex
  readonly term: Term
}

export const willingAsAVoter: Checker = {
  property: 'willing-as-a-voter',
  hooks({ circumstances }, fail) {
    /** The best log that each asker has named in each term, for pre-votes, and for votes. */
    const asked = new Map<string, End>()
    const askedForVotes = new Map<string, End>()
    const judge = (voter: NodeId, candidate: NodeId, named: End = { index: 0, term: 0 }, own: End): void => {
      if (isBehind(named, own))
        fail(`${voter} votes for ${candidate}, whose log ends at ${named.index}, and its own at ${own.index}`)
    }
    /** What a log ended with before it changed: an answer may have been decided on before that, in the same turn. */
    const before = new Map<NodeId, End & { readonly at: number }>()
    return {
      event(node, event) {
        if (event.type === 'VoteGranted' && event.candidate !== node.id)
          judge(node.id, event.candidate, askedForVotes.get(`${event.candidate} ${event.term}`), endOf(node))
        if (!CHANGES.has(event.type)) return
        const at = circumstances.now()
        if (before.get(node.id)?.at !== at) before.set(node.id, { ...endOf(node), at })
      },
      sent(node, to, message) {
        if (message.type === 'RequestVote') return note(askedForVotes, node.id, message)
        if (message.type === 'PreVote') return note(asked, node.id, message)
        if (message.type !== 'PreVoteReply' || !message.voteGranted) return
        const earlier = before.get(node.id)
        const own = earlier?.at === circumstances.now() ? earlier : endOf(node)
        judge(node.id, to, asked.get(`${to} ${message.askedTerm}`), own)
      },
    }
  },
}

function endOf(node: NodeView): End {
  const index = node.log.length
  return { index, term: node.termAt(index) }
}

function note(
  asked: Map<string, End>,
  id: NodeId,
  { term, lastLogIndex, lastLogTerm }: PeerMessage & { type: 'PreVote' | 'RequestVote' },
): void {
  const question = `${id} ${term}`
  const named = { index: lastLogIndex, term: lastLogTerm }
  const known = asked.get(question)
  if (known === undefined || isBehind(known, named)) asked.set(question, named)
}

function isBehind(one: End, other: End): boolean {
  return one.term < other.term || (one.term === other.term && one.index < other.index)
}
