// Raft §7, "discard the entire log": behind which snapshot it goes on, when the next one is there before anything is written.
import { expect, test } from 'vitest'
import { chunk, contentBytes } from './harness/chunks.js'
import { append, block, Solo } from './harness/solo.js'

async function receiveFirst(solo: Solo): Promise<void> {
  const first = await contentBytes('a')
  await solo.receive('B', chunk(first, 0, first.length))
}

function firstIsInstalled(solo: Solo): Promise<void> {
  return solo.world.until('the first is installed', () => solo.node.status().lastApplied === 5)
}

/** One after another. */
async function completeAll(solo: Solo): Promise<void> {
  while (solo.disk.pending.length > 0) {
    solo.disk.completeWrites()
    await solo.world.calm()
  }
}

/** A has installed the snapshot of 5; that of 7 is saved, and its saver waits to be told. */
async function nextSnapshotIsThere(solo: Solo): Promise<void> {
  const next = await contentBytes('a', 'F', 'G')
  await receiveFirst(solo)
  await firstIsInstalled(solo)
  solo.disk.holdSaved = true
  const changed = { lastIncludedIndex: 7, lastIncludedTerm: 3 }
  await solo.receive('B', chunk(next, 0, next.length, changed))
  expect(solo.disk.snapshot?.metadata.index).toBe(7)
  expect(solo.node.status().lastApplied).toBe(5)
}

const FGH = append(3, 5, 2, [block(6, 3, 'F', 'G', 'H')], { leaderCommit: 8 })

test('entries behind the installed one are written', async () => {
  const solo = await Solo.start()
  await nextSnapshotIsThere(solo)
  await solo.receive('B', FGH)
  expect(solo.disk.log).toEqual(['6/3 "F"', '7/3 "G"', '8/3 "H"'])
  expect(solo.take('AppendEntriesReply').at(-1)).toMatchObject({ success: true, matchIndex: 8 })
  solo.disk.releaseSnapshots()
  await solo.world.until('all is applied', () => solo.node.status().lastApplied === 8)
  expect(solo.words).toEqual(['a', 'F', 'G', 'H'])

  await solo.node.stop({ transfer: false })
  await solo.start()
  expect(solo.node.status()).toMatchObject({ lastIndex: 8, lastApplied: 7 })
  await solo.node.stop({ transfer: false })
})

test('of the log that was discarded nothing stands before them', async () => {
  const solo = await Solo.start()
  // Uncommitted, of a leader that nobody heard of again; it ends where the snapshot does.
  await solo.receive('C', append(1, 0, 0, [block(1, 1, 'v', 'w', 'x', 'y', 'z')]))
  await nextSnapshotIsThere(solo)
  await solo.receive('B', FGH)
  expect(solo.disk.log).toEqual(['6/3 "F"', '7/3 "G"', '8/3 "H"'])

  // With the snapshot of 7 all of 6 to 8 is kept: what came before is that of 5, and not of term 1.
  await solo.node.stop({ transfer: false })
  await solo.start()
  expect(solo.disk.log).toEqual(['6/3 "F"', '7/3 "G"', '8/3 "H"'])
  await solo.receive('B', append(3, 8, 3, [], { leaderCommit: 8 }))
  expect(solo.words).toEqual(['a', 'F', 'G', 'H'])
  await solo.node.stop({ transfer: false })
})

test('until anything is written, a crash leaves the newer one', async () => {
  const solo = await Solo.start()
  await solo.receive('C', append(1, 0, 0, [block(1, 1, 'v', 'w', 'x', 'y', 'z')]))
  await nextSnapshotIsThere(solo)
  await solo.node.stop({ transfer: false })
  await solo.start()
  expect(solo.disk.log).toEqual([])
  await solo.receive('B', append(3, 7, 3, [block(8, 3, 'H')], { leaderCommit: 8 }))
  expect(solo.disk.log).toEqual(['8/3 "H"'])
  expect(solo.words).toEqual(['a', 'F', 'G', 'H'])
  await solo.node.stop({ transfer: false })
})

test('entries of the log that was discarded, still waiting for the disk, are another write than those behind the snapshot', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(3, 0, 0, [block(1, 1, 'v')]))
  solo.disk.holdSaved = true
  await receiveFirst(solo)
  // One is being written, the next one waits.
  solo.disk.writes = 'held'
  await solo.receive('B', append(3, 1, 1, [block(2, 1, 'w')]))
  await solo.receive('B', append(3, 2, 1, [block(3, 1, 'x')]))
  solo.disk.releaseSnapshots()
  await firstIsInstalled(solo)
  await solo.receive('B', append(3, 5, 2, [block(6, 3, 'F')], { leaderCommit: 6 }))
  await completeAll(solo)
  expect(solo.disk.log).toEqual(['6/3 "F"'])
  expect(solo.words).toEqual(['a', 'F'])
  await solo.node.stop({ transfer: false })
})

test('what is cut off behind the snapshot goes in one write with the restart', async () => {
  const solo = await Solo.start()
  await solo.receive('C', append(1, 0, 0, [block(1, 1, 'v', 'w', 'x', 'y', 'z', 'of nobody')]))
  solo.disk.holdSaved = true
  await receiveFirst(solo)
  solo.disk.writes = 'held'
  await solo.receive('B', append(3, 6, 1, [block(7, 3, 'being written')]))
  solo.disk.releaseSnapshots()
  await firstIsInstalled(solo)
  await solo.receive('B', append(3, 5, 2, [block(6, 3, 'F')], { leaderCommit: 6 }))
  await completeAll(solo)
  const restartBehind = { index: 5, term: 2 }
  expect(solo.disk.batches.at(-1)).toMatchObject({
    truncateFrom: 6,
    restartBehind,
    blocks: [{ firstIndex: 6 }],
  })
  expect(solo.disk.log).toEqual(['6/3 "F"'])
  expect(solo.words).toEqual(['a', 'F'])
  await solo.node.stop({ transfer: false })
})
