// Thesis §6.4: a read index is given out when a majority has confirmed the leader in a round that began after the question.
// A question that a lease may answer is judged by the clients' history.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import { type KnownConfiguration, quorumValue } from './configurations.js'

export const readConfirmedAfterAsked: Checker = {
  property: 'read-confirmed-after-asked',
  hooks({ circumstances, configurations }, fail) {
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
    const newest = (term: Term, configuration: KnownConfiguration): number =>
      quorumValue(configuration, (id) => confirmed.get(term)?.get(id) ?? 0)
    /** What was in force before it changed: an answer may have been decided on before that, in the same turn. */
    const before = new Map<string, { readonly configuration: KnownConfiguration; readonly at: number }>()
    return {
      event(node, event) {
        if (event.type === 'MembershipChanged') {
          const at = circumstances.now()
          if (before.get(node.name)?.at === at) return
          const configuration = configurations.inForce(event.index - 1, (index) => node.log[index - 1])
          before.set(node.name, { configuration, at })
        }
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
        const earlier = before.get(node.name)
        const those =
          earlier?.at === circumstances.now()
            ? [node.configuration, earlier.configuration]
            : [node.configuration]
        const round = Math.max(...those.map((configuration) => newest(term, configuration)))
        const questionAt = asked.get(`${to} ${message.readId}`) ?? 0
        if ((begun.get(`${term} ${round}`) ?? 0) < questionAt)
          fail(
            `${node.id} answers ${to} after round ${round} of term ${term}, which began before the question`,
          )
      },
    }
  },
}
