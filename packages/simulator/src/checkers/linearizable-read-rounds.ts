// Thesis §6.4: a round of leadership confirmation is begun once, by a leader that has committed in its term.
import type { Checker } from './checker.js'

export const linearizableReadRounds: Checker = {
  property: 'linearizable-read-rounds',
  hooks(_history, fail) {
    const rounds = new Set<string>()
    return {
      event(node, event) {
        if (event.type !== 'ReadRoundStarted') return
        const round = `${node.term} ${event.round}`
        if (rounds.has(round)) fail(`round ${event.round} of term ${node.term} is begun twice`)
        rounds.add(round)
        if (node.role !== 'leader') fail(`${node.id} begins a read round without leading`)
        if (node.termAt(node.commitIndex) !== node.term)
          fail(`${node.id} begins a read round before it committed in term ${node.term}`)
      },
    }
  },
}
