// Raft Figure 3, Leader Append-Only: "a leader never overwrites or deletes entries in its log; it only appends new
// entries".
import type { Checker } from './checker.js'

export const leaderAppendOnly: Checker = {
  property: 'leader-append-only',
  hooks: ({ leaderLogs }, fail) => ({
    event(node, event) {
      if (event.type === 'BecameLeader') leaderLogs.set(event.term, [...node.log])
      if (node.role !== 'leader') return
      if (event.type === 'LogTruncated') fail(`leader ${node.id} deletes from ${event.fromIndex} on`)
      if (event.type !== 'EntriesAppended') return
      if (event.firstIndex !== node.log.length + 1) fail(`leader ${node.id} overwrites ${event.firstIndex}`)
      const log = leaderLogs.get(node.term)
      for (let index = event.firstIndex; index <= event.lastIndex; index++) log?.push(event.term)
    },
  }),
}
