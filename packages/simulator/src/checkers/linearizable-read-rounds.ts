// Thesis §6.4: a round of leadership confirmation is begun once, by a leader that has committed in its term, and whoever
// confirms it answers a request of that round and term.
import type { Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const linearizableReadRounds: Checker = {
  property: 'linearizable-read-rounds',
  hooks(_history, fail) {
    const rounds = new Set<string>()
    const newest = new Map<Term, number>()
    return {
      sent(node, to, message) {
        if (message.type !== 'AppendEntriesReply') return
        const { round, term } = message
        if (round > (newest.get(term) ?? 0))
          fail(`${node.id} confirms round ${round} of term ${term} to ${to}, which nobody has begun`)
      },
      event(node, event) {
        if (event.type === 'HeartbeatSent') {
          const round = `${node.term} ${event.round}`
          if (rounds.has(round)) fail(`round ${event.round} of term ${node.term} is begun twice`)
          rounds.add(round)
          newest.set(node.term, event.round)
        }
        if (event.type !== 'ReadRoundStarted') return
        if (rounds.has(`${node.term} ${event.round}`))
          fail(`reads of ${node.id} wait for round ${event.round} of term ${node.term}, which began before`)
        if (node.role !== 'leader') fail(`${node.id} begins a read round without leading`)
        if (node.termAt(node.commitIndex) !== node.term)
          fail(`${node.id} begins a read round before it committed in term ${node.term}`)
      },
    }
  },
}
