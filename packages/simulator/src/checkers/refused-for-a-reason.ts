// Raft Figure 2, AppendEntries: "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm",
// and only then. What a snapshot has replaced it contains, too (openraft#511).
import type { NodeEventType, NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

/** What changes what a log contains. */
const CHANGES: ReadonlySet<NodeEventType> = new Set(['EntriesAppended', 'LogTruncated', 'SnapshotInstalled'])

export const refusedForAReason: Checker = {
  property: 'refused-for-a-reason',
  hooks({ circumstances, leaderLogs }, fail) {
    const changedAt = new Map<NodeId, number>()
    return {
      event(node, event) {
        if (CHANGES.has(event.type)) changedAt.set(node.id, circumstances.now())
      },
      sent(node, to, message) {
        // Round 0: it is the term that was refused.
        if (message.type !== 'AppendEntriesReply' || message.success || message.round === 0) return
        // Decided earlier in the same turn.
        if (changedAt.get(node.id) === circumstances.now() || node.term !== message.term) return
        const { term, rejectedIndex } = message
        const there = rejectedIndex === 0 ? 0 : leaderLogs.get(term)?.[rejectedIndex - 1]
        if (there === node.termAt(rejectedIndex))
          fail(
            `${node.id} refuses what ${to} sends behind entry ${rejectedIndex} of term ${there}, which it has`,
          )
      },
    }
  },
}
