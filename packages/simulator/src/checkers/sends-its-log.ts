// Raft §5.3: a leader sends what its log holds, and nothing that it held once.
import type { Checker } from './checker.js'

export const sendsItsLog: Checker = {
  property: 'sends-its-log',
  hooks: (_history, fail) => ({
    sent(node, to, message) {
      // What was written in an earlier term and leaves in this one is an old message, as any that was delayed.
      if (message.type !== 'AppendEntries' || message.term !== node.term) return
      const { prevLogIndex, prevLogTerm, entries } = message
      if (node.termAt(prevLogIndex) !== prevLogTerm)
        return fail(
          `${node.id} tells ${to} of term ${prevLogTerm} at ${prevLogIndex}, its log has ${node.termAt(prevLogIndex)}`,
        )
      for (const { lastIndex, term } of entries)
        if (node.termAt(lastIndex) !== term)
          fail(
            `${node.id} sends ${to} entry ${lastIndex} of term ${term}, its log has term ${node.termAt(lastIndex)}`,
          )
    },
  }),
}
