// Thesis §9.6: a server grants a pre-vote only if it would grant its vote, so (§5.4.1) only to a log that is at least as
// up-to-date as its own.
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
    /** The best log that each asker has named in each term. */
    const asked = new Map<string, End>()
    /** What a log ended with before it changed: an answer may have been decided on before that, in the same turn. */
    const before = new Map<NodeId, End & { readonly at: number }>()
    return {
      event(node, event) {
        if (!CHANGES.has(event.type)) return
        const at = circumstances.now()
        if (before.get(node.id)?.at !== at) before.set(node.id, { ...endOf(node), at })
      },
      sent(node, to, message) {
        if (message.type === 'PreVote') return note(asked, node.id, message)
        if (message.type !== 'PreVoteReply' || !message.voteGranted) return
        const named = asked.get(`${to} ${message.askedTerm}`) ?? { index: 0, term: 0 }
        const earlier = before.get(node.id)
        const own = earlier?.at === circumstances.now() ? earlier : endOf(node)
        if (isBehind(named, own))
          fail(
            `${node.id} would vote for ${to}, whose log ends at ${named.index}, and its own at ${own.index}`,
          )
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
  { term, lastLogIndex, lastLogTerm }: PeerMessage & { type: 'PreVote' },
): void {
  const question = `${id} ${term}`
  const named = { index: lastLogIndex, term: lastLogTerm }
  const known = asked.get(question)
  if (known === undefined || isBehind(known, named)) asked.set(question, named)
}

function isBehind(one: End, other: End): boolean {
  return one.term < other.term || (one.term === other.term && one.index < other.index)
}
