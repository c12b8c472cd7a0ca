// What is recorded: votes, appends, a truncation, a recovery's generation, roll-overs, snapshots, compactions, logs given up, and
// restarts.
import type { RecordingDisk } from './recording-disk.js'
import { Session, type Wiring } from './session.js'

export async function workload(disk: RecordingDisk, wiring?: Wiring): Promise<void> {
  const first = new Session(disk, wiring)
  await first.open()
  await first.write({ vote: { currentTerm: 1, votedFor: 'a' } })
  await first.write({ blocks: [2, 1] })
  await first.write({ blocks: [1], entryBytes: 20 })
  // A conflict: the last two go, the second one from the middle of its block.
  await first.write({ vote: { currentTerm: 2, votedFor: undefined }, truncateFrom: 2, blocks: [1, 2] })
  await first.write({ blocks: [3] })
  await Promise.all([first.save(3), first.write({ blocks: [2] })])
  await Promise.all([first.compact(), first.write({ vote: { currentTerm: 3, votedFor: 'bé' }, blocks: [1] })])
  await first.write({ truncateFrom: 7 })
  await first.close()

  const second = new Session(disk, wiring)
  await second.open()
  await second.write({ blocks: [1, 1] })
  await second.write({ vote: { currentTerm: 3, votedFor: undefined }, generation: 1, blocks: [1, 1] })
  await Promise.all([second.save(6), second.write({ blocks: [3] })])
  await second.compact()
  // From a leader whose log begins beyond this one's end.
  await second.save(20, 3)
  await second.write({ restartBehind: { index: 20, term: 3 }, blocks: [2] })
  await second.write({ vote: { currentTerm: 4, votedFor: 'a' }, truncateFrom: 22, blocks: [2] })
  await Promise.all([second.compact(), second.write({ blocks: [1] })])
  await second.write({ blocks: [3] })
  await second.save(24)
  await second.compact()
  // From a leader whose log has another entry there: nothing gives up ours before the process ends.
  await second.save(26, 5)
  await second.close()

  const third = new Session(disk, wiring)
  await third.open()
  await third.compact()
  await third.write({ vote: { currentTerm: 6, votedFor: undefined }, blocks: [2, 1] })
  await third.save(28)
  // The same, while it runs.
  await third.save(29, 7)
  await third.compact()
  const vote = { currentTerm: 8, votedFor: undefined }
  await third.write({ vote, restartBehind: { index: 29, term: 7 }, blocks: [1] })
  // The next snapshot is there before the log restarts behind the one that was installed: first the log comes as far.
  await third.save(40, 8)
  await third.save(42, 8)
  await third.write({ restartBehind: { index: 40, term: 8 }, blocks: [1] })
  await third.write({ blocks: [2] })
  await third.compact()
  // Then it does not: the snapshot stands in its place.
  await third.save(50, 8)
  await third.save(55, 8)
  await third.write({ restartBehind: { index: 50, term: 8 }, blocks: [2] })
  await third.close()

  const fourth = new Session(disk, wiring)
  await fourth.open()
  await fourth.write({ blocks: [1] })
  await fourth.close()
}
