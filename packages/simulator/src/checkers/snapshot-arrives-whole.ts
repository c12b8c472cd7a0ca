// Raft §7, Figure 13: chunks are put together in order, each once. A checksum of the whole that is wrong at the end is none of
// the network's doing: transports alter nothing.
import type { Checker } from './checker.js'

export const snapshotArrivesWhole: Checker = {
  property: 'snapshot-arrives-whole',
  hooks: (_history, fail) => ({
    event(node, event) {
      if (event.type === 'SnapshotDropped' && /checksum/.test(event.reason))
        fail(`${node.id} has put together a snapshot of ${event.index} from ${event.from}: ${event.reason}`)
    },
  }),
}
