// Raft §6: a server that is removed may be shut down, and so it shuts itself down; but only when that is committed, and in no
// log that counts it is a member again.
import type { Checker } from './checker.js'
import { isMemberOf, textOf } from './configurations.js'

export const stopsWhenRemoved: Checker = {
  property: 'stops-when-removed',
  hooks: (history, fail) => ({
    stopped(node, code) {
      if (code !== 'ERR_REMOVED') return
      const { id, configuration } = node
      const isCommitted = history.committed[configuration.index - 1]?.term === configuration.term
      if (!isCommitted || isMemberOf(configuration, id))
        fail(`${id} says that it was removed, its newest configuration is ${textOf(configuration)}`)
      for (const one of history.configurationsInPlay) {
        // Seed 891: its leader had lost it with its process.
        if (history.isLost(one) || !isMemberOf(one, id)) continue
        fail(`${id} says that it was removed, and is a member of ${textOf(one)}`)
      }
    },
  }),
}
