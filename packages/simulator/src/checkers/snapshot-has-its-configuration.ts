// Raft §7: a snapshot includes "the latest configuration in the log as of last included index", and that is a committed one
// (canonical/raft#250), with addresses and incarnations.
import { isDeepStrictEqual } from 'node:util'
import type { Checker } from './checker.js'

export const snapshotHasItsConfiguration: Checker = {
  property: 'snapshot-has-its-configuration',
  hooks: (history, fail) => ({
    saved(node, { index, members }) {
      const configuration = history.committedConfiguration(index)
      if (!isDeepStrictEqual(members, configuration.members))
        fail(
          `${node.id} has a snapshot of ${index} with ${JSON.stringify(members)}, committed as of ${configuration.index} are ${JSON.stringify(configuration.members)}`,
        )
    },
  }),
}
