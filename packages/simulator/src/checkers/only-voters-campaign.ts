// Thesis §4.2.1: learners are not voters; §4.2.2: a server that its latest configuration leaves out "should still start new
// elections, as it might still be needed until the C_new entry is committed", and no longer. Nor does who has the id of one that
// was a voter, and reads of that one's time in the log.
import type { Checker } from './checker.js'
import { isVoterOf, textOf } from './configurations.js'
import { isThisMember } from './node-view.js'

export const onlyVotersCampaign: Checker = {
  property: 'only-voters-campaign',
  hooks: (_history, fail) => ({
    event(node, event) {
      const { type } = event
      if (type !== 'BecamePreCandidate' && type !== 'BecameCandidate' && type !== 'BecameLeader') return
      const { id, configuration, commitIndex } = node
      if (!isThisMember(node, configuration))
        return fail(`${id} is not the one of ${textOf(configuration)}, and ${type} in term ${event.term}`)
      if (isVoterOf(configuration, id)) return
      const before = node.configurationAt(configuration.index - 1)
      if (configuration.index <= commitIndex || !isVoterOf(before, id))
        fail(`${id} is no voter of ${textOf(configuration)}, and ${type} in term ${event.term}`)
    },
  }),
}
