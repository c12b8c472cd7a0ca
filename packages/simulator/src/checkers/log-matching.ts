// Raft Figure 3, Log Matching: same index and term on two logs means the same entry there, and the same predecessor. Figure 13:
// a log goes on behind a snapshot only if it has the snapshot's last entry, and then it does.
import type { Checker } from './checker.js'

export const logMatching: Checker = {
  property: 'log-matching',
  hooks: (history, fail) => ({
    writing(node, batch) {
      if (batch.blocks.length === 0) return
      const before = batch.blocks[0]!.firstIndex - 1
      let previous = batch.restartBehind?.term ?? node.storedLog[before - 1] ?? 0
      for (const { block, firstIndex } of batch.blocks) {
        const wrong = history.learn(block, firstIndex, previous)
        if (wrong !== undefined) fail(`on the disk of ${node.id}: ${wrong}`)
        previous = block.term
      }
    },
    sent(node, _to, message) {
      if (message.type !== 'AppendEntries') return
      let previous = message.prevLogTerm
      for (const block of message.entries) {
        const wrong = history.learn(block, block.firstIndex, previous)
        if (wrong !== undefined) fail(`sent by ${node.id}: ${wrong}`)
        previous = block.term
      }
    },
    event(node, event) {
      if (event.type !== 'SnapshotInstalled') return
      const { lastIncludedIndex, lastIncludedTerm, logKept } = event
      const own = node.termAt(lastIncludedIndex)
      if (logKept !== (own === lastIncludedTerm))
        fail(
          `${node.id} ${logKept ? 'keeps' : 'discards'} a log with term ${own} at ${lastIncludedIndex} behind a snapshot of term ${lastIncludedTerm}`,
        )
    },
    opened(node, stored) {
      // What a recovered log says must be known: disks do not invent entries.
      let previous = stored.runs[0]?.firstIndex === 1 ? 0 : undefined
      for (const run of stored.runs) {
        const known = history.entry(run.firstIndex, run.term)
        if (known === undefined || (previous !== undefined && known.previousTerm !== previous))
          fail(`${node.id} recovers entry ${run.firstIndex} of term ${run.term} that nobody wrote there`)
        if (history.entry(run.lastIndex, run.term) === undefined)
          fail(`${node.id} recovers entry ${run.lastIndex} of term ${run.term} that nobody wrote`)
        previous = run.term
      }
    },
  }),
}
