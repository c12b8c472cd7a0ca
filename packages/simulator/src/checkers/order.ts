// snapshot <= lastApplied <= commitIndex <= lastIndex; term, commit and applied do not go back; nor does the term across a crash.
import type { Checker } from './checker.js'

export const order: Checker = {
  property: 'order',
  hooks: (_history, fail) => ({
    event(node, event) {
      const { id } = node
      switch (event.type) {
        case 'TermAdvanced':
          if (event.term <= node.term) fail(`${id} goes from term ${node.term} to ${event.term}`)
          return
        case 'CommitAdvanced':
          if (event.commitIndex <= node.commitIndex) fail(`${id} commits ${event.commitIndex} again`)
          if (event.commitIndex > node.log.length) fail(`${id} commits ${event.commitIndex} beyond its log`)
          return
        case 'AppliedAdvanced':
          if (event.lastApplied <= node.lastApplied)
            fail(`${id} goes back to lastApplied ${event.lastApplied}`)
          if (event.lastApplied > node.commitIndex) fail(`${id} applies beyond its commitIndex`)
          return
        case 'SnapshotTaken':
          if (event.lastIncludedIndex > node.lastApplied)
            fail(`${id} takes a snapshot of ${event.lastIncludedIndex}, applied is ${node.lastApplied}`)
          return
        case 'SnapshotInstalled':
          if (event.lastIncludedIndex <= node.lastApplied)
            fail(`${id} goes back from ${node.lastApplied} to a snapshot of ${event.lastIncludedIndex}`)
          return
        case 'LogCompacted':
          if (event.through > (node.durableSnapshot?.metadata.index ?? 0))
            fail(`${id} discards its log up to ${event.through}, beyond its durable snapshot`)
          return
        case 'EntriesAppended':
          if (event.firstIndex !== node.log.length + 1)
            fail(`${id} appends ${event.firstIndex} after ${node.log.length}`)
          if (event.term > node.term)
            fail(`${id} appends an entry of term ${event.term} in term ${node.term}`)
          return
        default:
          return
      }
    },
  }),
}
