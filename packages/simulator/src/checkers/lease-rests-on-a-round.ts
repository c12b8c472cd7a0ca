// Thesis §6.4.1: a lease counts from when the round began that a majority has answered, less the drift of clocks; it ends
// when a transfer begins (§3.10), for good once the successor was told. While it lasts nobody else is elected.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import { quorumValue } from './configurations.js'

interface Reign {
  /** When each round began, by the leader's clock. */
  readonly begunAt: Map<number, number>
  /** The newest round that each server has answered. */
  readonly answered: Map<NodeId, number>
  ended: 'no' | 'for-now' | 'for-good'
}

export function leaseRestsOnARound(leaseMs: number): Checker {
  return {
    property: 'lease-rests-on-a-round',
    hooks({ leaders }, fail) {
      const reigns = new Map<Term, Reign>()
      const reignOf = (term: Term): Reign => {
        const reign = reigns.get(term) ?? { begunAt: new Map(), answered: new Map(), ended: 'no' }
        reigns.set(term, reign)
        return reign
      }
      const answer = ({ answered }: Reign, id: NodeId, round: number): void => {
        answered.set(id, Math.max(round, answered.get(id) ?? 0))
      }
      return {
        sent(node, _to, message) {
          if (message.type === 'AppendEntriesReply') answer(reignOf(message.term), node.id, message.round)
        },
        event(node, event) {
          const { term, id } = node
          switch (event.type) {
            case 'HeartbeatSent': {
              const reign = reignOf(term)
              reign.begunAt.set(event.round, event.at)
              return answer(reign, id, event.round)
            }
            case 'TransferStarted':
            case 'TransferAborted':
            case 'TimeoutNowSent': {
              const reign = reignOf(term)
              if (event.type === 'TimeoutNowSent') reign.ended = 'for-good'
              else if (reign.ended !== 'for-good')
                reign.ended = event.type === 'TransferStarted' ? 'for-now' : 'no'
              return
            }
            case 'LeaseReadAnswered': {
              const { begunAt, answered, ended } = reignOf(term)
              const round = quorumValue(node.configuration, (voter) => answered.get(voter) ?? 0)
              const heldMs = event.at - (begunAt.get(round) ?? 0)
              const later = [...leaders.keys()].find((other) => other > term)
              if (heldMs >= leaseMs) fail(`${id} reads by a lease that began ${heldMs.toFixed(1)} ms ago`)
              if (ended !== 'no') fail(`${id} reads by a lease, although it hands over`)
              if (later !== undefined) fail(`${id} reads by its lease of term ${term} beside term ${later}`)
            }
          }
        },
      }
    },
  }
}
