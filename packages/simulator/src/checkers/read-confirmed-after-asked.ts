// Thesis §6.4: a read index is given out when a majority has confirmed the leader in a round that began after the question.
// A question that a lease may answer is judged by the clients' history.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const readConfirmedAfterAsked: Checker = {
  property: 'read-confirmed-after-asked',
  hooks({ views }, fail) {
    /** Questions and rounds in the order they came into the world. */
    let order = 0
    const asked = new Map<string, number>()
    const begun = new Map<string, number>()
    /** By term: the newest round that each server has confirmed, its leader by beginning it. */
    const confirmed = new Map<Term, Map<NodeId, number>>()
    const confirm = (term: Term, id: NodeId, round: number): void => {
      const rounds = confirmed.get(term) ?? new Map<NodeId, number>()
      confirmed.set(term, rounds.set(id, Math.max(round, rounds.get(id) ?? 0)))
    }
    /** The newest round that a majority has confirmed. */
    const newest = (term: Term): number => {
      const rounds = [...(confirmed.get(term)?.values() ?? [])].sort((a, b) => b - a)
      return rounds[Math.floor(views.size / 2)] ?? 0
    }
    return {
      event(node, event) {
        if (event.type !== 'HeartbeatSent') return
        begun.set(`${node.term} ${event.round}`, ++order)
        confirm(node.term, node.id, event.round)
      },
      sent(node, to, message) {
        const { type, term } = message
        if (type === 'AppendEntriesReply') return confirm(term, node.id, message.round)
        if (type === 'ReadIndexRequest' && !message.lease) {
          const question = `${node.id} ${message.readId}`
          if (!asked.has(question)) asked.set(question, ++order)
        }
        if (type !== 'ReadIndexReply' || !message.confirmed) return
        const round = newest(term)
        const questionAt = asked.get(`${to} ${message.readId}`) ?? 0
        if ((begun.get(`${term} ${round}`) ?? 0) < questionAt)
          fail(
            `${node.id} answers ${to} after round ${round} of term ${term}, which began before the question`,
          )
      },
    }
  },
}
