// After a quorum was lost for good, and a survivor was made a cluster of its own: nobody of that cluster lets in whom it was
// recovered without, and the other way round: together they could be a second quorum.
import type { Checker } from './checker.js'

export const generationsStayApart: Checker = {
  property: 'generations-stay-apart',
  hooks: (_history, fail) => ({
    greeted(node, by, { generation }, refusal) {
      if (refusal === undefined && generation !== by.generation)
        fail(`${by.id} of generation ${by.generation} lets ${node.id} of generation ${generation} in`)
    },
  }),
}
