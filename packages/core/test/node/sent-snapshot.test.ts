// What a leader sends of its snapshot (Raft §7), to a follower that the test plays.
import { expect, test } from 'vitest'
import type { LogIndex } from '../../src/consensus/types.js'
import { SNAPSHOT_CREDIT_BYTES } from '../../src/node/snapshots/incoming-snapshot.js'
import type { InstallSnapshotChunk } from '../../src/wire/messages.js'
import { Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

const LIMITS = { snapshotTrailingBytes: 1, snapshotChunkBytes: 64 }

/** A leads and has a snapshot of `words`; C, of whom nothing was heard, needs it. */
async function sending(words: readonly string[], limits: object = LIMITS): Promise<Solo> {
  const solo = await Solo.start(limits)
  await solo.lead({ acknowledge: false })
  await solo.acknowledge(['B'])
  for (const word of words) await proposed(solo, word)
  await solo.world.outcome(solo.node.takeSnapshot())
  return solo
}

async function proposed(solo: Solo, word: string): Promise<void> {
  const told = watch(solo.node.propose(word))
  while (told.state === 'pending') {
    await solo.world.calm()
    await solo.acknowledge(['B'])
  }
}

/** C is asked how much of the snapshot it has, and has room for all of it. Returns the length. */
async function room(solo: Solo, nextOffset = 0): Promise<number> {
  let asked: InstallSnapshotChunk | undefined
  await solo.world.until('C is asked', () => {
    asked = solo.take('InstallSnapshot', 'C').at(-1)
    return asked !== undefined
  })
  const { term, lastIncludedIndex, totalBytes } = asked!
  const progress = { matchIndex: 0, nextOffset, creditOffset: totalBytes }
  await solo.receive('C', { type: 'InstallSnapshotReply', term, lastIncludedIndex, ...progress })
  return totalBytes
}

/** Storage has a newer one by now, and the node is not told so yet. C has been asked, and has answered. */
async function sendingTheOneBefore(): Promise<{ solo: Solo; taken: Promise<LogIndex> }> {
  const solo = await sending(['a'])
  solo.disk.holdSaved = true
  await proposed(solo, 'b')
  const taken = solo.node.takeSnapshot()
  await solo.world.until('storage has it', () => solo.disk.heldSnapshots === 1)
  await room(solo)
  return { solo, taken }
}

test('a newer snapshot that storage has already while the node is not told so yet: it is sent when that is known', async () => {
  const { solo, taken } = await sendingTheOneBefore()
  expect(solo.closed).toBe(false)
  solo.disk.releaseSnapshots()
  const index = await solo.world.outcome(taken)
  await room(solo)
  await room(solo)
  expect(solo.take('InstallSnapshot', 'C')[0]).toMatchObject({ lastIncludedIndex: index, offset: 0 })
  await solo.node.stop({ transfer: false })
})

test('until then the follower is asked now and then, and not as fast as it answers', async () => {
  const { solo, taken } = await sendingTheOneBefore()
  expect(solo.take('InstallSnapshot', 'C')).toEqual([])
  for (let times = 0; times < 3; times++) {
    const { now } = solo.world
    await room(solo)
    expect(solo.world.now - now).toBeGreaterThan(100)
  }
  solo.disk.releaseSnapshots()
  await solo.world.outcome(taken)
  await solo.node.stop({ transfer: false })
})

test('a follower that claims to have room for all of it is sent no more ahead than any other', async () => {
  const words = Array.from({ length: 40 }, () => 'w'.repeat(500_000))
  const solo = await sending(words, { snapshotTrailingBytes: 1, snapshotChunkBytes: 1024 * 1024 })
  expect(await room(solo)).toBeGreaterThan(2 * SNAPSHOT_CREDIT_BYTES)
  let ahead = 0
  for (let acked = 0; ahead < SNAPSHOT_CREDIT_BYTES; ) {
    const ends = (): number[] =>
      solo.sent.flatMap(({ message }) =>
        message.type === 'InstallSnapshot' ? message.offset + message.data.length : [],
      )
    await solo.world.until('more is sent', () => Math.max(...ends()) > acked)
    let sent = 0
    for (; sent < Math.max(...ends()); await solo.world.pass(1)) sent = Math.max(...ends())
    ahead = sent - acked
    expect(ahead).toBeLessThanOrEqual(SNAPSHOT_CREDIT_BYTES)
    // It takes what it has been sent, until it has been sent as much as anybody may be.
    acked = sent
    if (ahead < SNAPSHOT_CREDIT_BYTES) await room(solo, acked)
  }
  await solo.node.stop({ transfer: false })
})
