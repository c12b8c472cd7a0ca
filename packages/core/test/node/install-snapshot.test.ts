// A follower that needs what the leader's log has no more (Raft §7): it is sent the snapshot, beside everything else.
import { expect, test } from 'vitest'
import { SNAPSHOT_CREDIT_BYTES } from '../../src/node/snapshots/incoming-snapshot.js'
import type { InstallSnapshotChunk } from '../../src/wire/messages.js'
import { Cluster, type WordsNode } from './harness/cluster.js'

const LIMITS = { snapshotTrailingBytes: 1, snapshotChunkBytes: 64 }

/** A cluster whose last follower has missed `words`, which the others' logs have no more. */
async function behind(
  words: readonly string[],
  limits: object = LIMITS,
): Promise<{ cluster: Cluster; leader: WordsNode; rest: readonly string[]; lost: WordsNode }> {
  const cluster = await Cluster.start(limits)
  const [leader, other, lost] = await cluster.elected()
  const rest = [leader.id, other!.id]
  cluster.network.partition(rest, [lost!.id])
  for (const word of words) await cluster.world.outcome(leader.propose(word, { timeoutMs: 60_000 }))
  await cluster.agreed(rest)
  await discard(cluster, rest)
  return { cluster, leader, rest, lost: lost! }
}

/** Their logs are gone, up to the last block that is applied. */
async function discard(cluster: Cluster, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const index = await cluster.world.outcome(cluster.node(id).takeSnapshot())
    await cluster.world.until('the log is gone', () => cluster.node(id).status().firstIndex >= index)
  }
}

/** All have applied all, and `installs` snapshots were installed on the way. */
async function agreedBy(cluster: Cluster, installs: number): Promise<void> {
  await cluster.agreed()
  await cluster.world.calm()
  expect(cluster.installs).toBe(installs)
}

const chunksTo = (cluster: Cluster, to: string): InstallSnapshotChunk[] =>
  cluster.network.sent
    .filter((sent) => sent.to === to)
    .flatMap(({ frame }) => frame.messages.filter((message) => message.type === 'InstallSnapshot'))
    .filter(({ data }) => data.length > 0)

test('it has the same state then, and goes on with the log', async () => {
  const words = Array.from({ length: 50 }, (_, i) => `word${i}`)
  const { cluster, leader, lost } = await behind(words)
  expect(leader.status().followers.find(({ id }) => id === lost.id)?.state).toBe('snapshot')
  cluster.network.heal()
  await agreedBy(cluster, 1)
  await cluster.world.outcome(leader.propose('after'))
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual([...words, 'after'])
  expect(await cluster.world.outcome(lost.propose('from there'))).toBe(52)
  await cluster.stop()
})

test('the status of the leader tells how far it is', async () => {
  const { cluster, leader, lost } = await behind(['w'.repeat(2_000)])
  const seen: number[] = []
  cluster.network.judge = () => {
    const progress = leader.status().followers.find(({ id }) => id === lost.id)?.snapshot
    if (progress !== undefined) seen.push(progress.sentBytes / progress.totalBytes)
    return 'pass'
  }
  cluster.network.heal()
  await agreedBy(cluster, 1)
  expect(seen.length).toBeGreaterThan(10)
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
  expect(leader.status().followers.find(({ id }) => id === lost.id)?.snapshot).toBeUndefined()
  await cluster.stop()
})

test('it restarts from what it was sent: state, sessions, members and time', async () => {
  const { cluster, leader, lost } = await behind(['a', 'b'])
  cluster.network.heal()
  await cluster.agreed()
  const { metadata } = cluster.disk(leader.id).snapshot!
  expect(cluster.disk(lost.id).snapshot?.metadata).toEqual(metadata)
  await cluster.kill(lost.id)
  const back = await cluster.start(lost.id)
  expect(back.status().sessions).toBe(leader.status().sessions)
  expect(cluster.words(lost.id)).toEqual(['a', 'b'])
  await cluster.agreed()
  await cluster.stop()
})

test('a session goes with it: a repeated sequence gets its first answer from whoever installed it', async () => {
  const cluster = await Cluster.start(LIMITS)
  const [leader, other, lost] = await cluster.elected()
  const id = await cluster.world.outcome(leader.openSession())
  cluster.network.partition([leader.id, other!.id], [lost!.id])
  const session = { id, sequence: 1 }
  const first = await cluster.world.outcome(leader.proposeWithReceipt('once', { session }))
  const rejected = { session: { id, sequence: 2 } }
  expect(await cluster.world.failure(leader.propose('!no', rejected))).toBe('ERR_COMMAND_REJECTED')
  await cluster.agreed([leader.id, other!.id])
  await discard(cluster, [leader.id, other!.id])
  cluster.network.heal()
  await agreedBy(cluster, 1)
  expect(await cluster.world.outcome(lost!.proposeWithReceipt('once', { session }))).toEqual(first)
  expect(await cluster.world.failure(lost!.propose('!no', rejected))).toBe('ERR_COMMAND_REJECTED')
  await cluster.agreed()
  for (const member of cluster.ids) expect(cluster.words(member)).toEqual(['once'])
  await cluster.stop()
})

/** A proposal of a follower that the leader has taken and committed, while nothing comes back to the follower. */
async function hidden(
  ttlMs: number,
): Promise<{ cluster: Cluster; follower: WordsNode; told: Promise<number> }> {
  const cluster = await Cluster.start({ ...LIMITS, sessionTtlMs: ttlMs })
  const [leader, other, follower] = await cluster.elected()
  // Its own session is open.
  await cluster.world.outcome(follower!.propose('first'))
  await cluster.agreed()
  cluster.network.judge = ({ to }) => (to === follower!.id ? 'drop' : 'pass')
  const told = follower!.propose('hidden', { timeoutMs: 600_000 })
  await cluster.world.until('it is applied', () => cluster.words(leader.id).includes('hidden'))
  cluster.network.partition([leader.id, other!.id], [follower!.id])
  cluster.network.judge = () => 'pass'
  // Whoever leads now.
  const rest = [leader.id, other!.id]
  if (ttlMs < 60_000) {
    await cluster.world.pass(3 * ttlMs)
    // Sessions end by the time of the entries.
  }
  // The last block stays in the log: it must be another one.
  const [now] = await cluster.elected(rest)
  await cluster.world.outcome(now.propose('later'))
  await cluster.agreed(rest)
  await discard(cluster, rest)
  cluster.network.heal()
  return { cluster, follower: follower!, told }
}

test('a proposal whose entry the snapshot hides gets the answer that its session has kept', async () => {
  const { cluster, told } = await hidden(3_600_000)
  expect(await cluster.world.outcome(told)).toBe(2)
  await agreedBy(cluster, 1)
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['first', 'hidden', 'later'])
  await cluster.stop()
})

test('a proposal whose session has ended meanwhile, too, has an unknown outcome: it is not run again', async () => {
  const { cluster, follower, told } = await hidden(2_000)
  expect(await cluster.world.failure(told)).toBe('ERR_OUTCOME_UNKNOWN')
  // What comes now goes into another session.
  expect(await cluster.world.outcome(follower.propose('next'))).toBe(4)
  await agreedBy(cluster, 1)
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['first', 'hidden', 'later', 'next'])
  await cluster.stop()
})

test('a transfer goes on where it was when the connection breaks', async () => {
  const { cluster, leader, rest, lost } = await behind(['w'.repeat(10_000)])
  cluster.network.heal()
  await cluster.world.until('half of it is there', () => chunksTo(cluster, lost.id).length > 70)
  cluster.network.partition(rest, [lost.id])
  await cluster.world.pass(2_000)
  const before = chunksTo(cluster, lost.id).at(-1)!.offset
  cluster.network.sent.length = 0
  cluster.network.heal()
  await agreedBy(cluster, 1)
  const after = chunksTo(cluster, lost.id).map(({ offset }) => offset)
  expect(Math.min(...after)).toBeGreaterThan(before - SNAPSHOT_CREDIT_BYTES)
  expect(Math.min(...after)).toBeGreaterThan(0)
  expect(leader.status().role).toBe('leader')
  await cluster.stop()
})

test('what is lost on the way is sent again, what is repeated does no harm', async () => {
  const { cluster, lost } = await behind(['w'.repeat(5_000)])
  const { random } = cluster.world
  cluster.network.judge = ({ frame }) =>
    frame.messages[0]?.type !== 'InstallSnapshot'
      ? 'pass'
      : random() < 0.2
        ? 'drop'
        : random() < 0.3
          ? 'duplicate'
          : 'pass'
  cluster.network.heal()
  await cluster.agreed()
  expect(cluster.words(lost.id)).toEqual(['w'.repeat(5_000)])
  await cluster.stop()
})

test('a follower that restarts in the middle begins anew', async () => {
  const { cluster, lost } = await behind(['w'.repeat(10_000)])
  cluster.network.heal()
  await cluster.world.until('half of it is there', () => chunksTo(cluster, lost.id).length > 70)
  await cluster.kill(lost.id)
  cluster.network.sent.length = 0
  await cluster.start(lost.id)
  await cluster.agreed()
  expect(chunksTo(cluster, lost.id)[0]?.offset).toBe(0)
  expect(cluster.words(lost.id)).toEqual(['w'.repeat(10_000)])
  await cluster.stop()
})

test('a leader that is gone in the middle: the next one sends its own snapshot', async () => {
  const { cluster, leader, rest, lost } = await behind(['w'.repeat(10_000)])
  const other = rest.find((id) => id !== leader.id)!
  cluster.network.heal()
  await cluster.world.until('half of it is there', () => chunksTo(cluster, lost.id).length > 70)
  await cluster.kill(leader.id)
  await cluster.agreed([other, lost.id])
  expect(cluster.words(lost.id)).toEqual(['w'.repeat(10_000)])
  await cluster.start(leader.id)
  await cluster.agreed()
  await cluster.stop()
})

test('heartbeats leave before a chunk, in frames of their own: no election while a snapshot is sent (openraft#1810)', async () => {
  const { cluster, leader, lost } = await behind(['w'.repeat(20_000)])
  cluster.network.sent.length = 0
  const { term } = leader.status()
  cluster.network.heal()
  await cluster.agreed()
  const frames = cluster.network.sent.filter(({ to }) => to === lost.id).map(({ frame }) => frame.messages)
  const withChunk = frames.filter((messages) => messages.some(({ type }) => type === 'InstallSnapshot'))
  expect(withChunk.length).toBeGreaterThan(100)
  for (const messages of withChunk) expect(messages).toHaveLength(1)
  expect(leader.status().term).toBe(term)
  await cluster.stop()
})

test('writes of the others are acknowledged while a follower that answers nothing is sent one', async () => {
  const { cluster, leader, lost } = await behind(['w'.repeat(5_000)])
  cluster.network.judge = ({ from, to }) => (from === lost.id && to === leader.id ? 'drop' : 'pass')
  cluster.network.heal()
  await cluster.world.pass(500)
  expect(await cluster.world.outcome(leader.propose('meanwhile'))).toBe(2)
  cluster.network.judge = () => 'pass'
  await cluster.agreed()
  await cluster.stop()
})

test('one whose storage is slow is sent no more than it has room for', async () => {
  const big = { snapshotTrailingBytes: 1, snapshotChunkBytes: 1024 * 1024, messageBytesMax: 4 * 1024 * 1024 }
  const { cluster, lost } = await behind(
    Array.from({ length: 8 }, () => 'w'.repeat(1_500_000)),
    { ...big, inFlightBytesMax: 4 * 1024 * 1024, storageStallMsMax: 100_000 },
  )
  const storage = cluster.disk(lost.id)
  await cluster.kill(lost.id)
  // It asks for nothing of the content: all that arrives stays in memory.
  const stuck = { ...storage.storage(), saveSnapshot: () => new Promise<void>(() => {}) }
  await cluster.start(lost.id, { storage: stuck })
  cluster.network.sent.length = 0
  cluster.network.heal()
  await cluster.world.pass(3_000)
  const ends = chunksTo(cluster, lost.id).map(({ offset, data }) => offset + data.length)
  expect(Math.max(...ends)).toBeLessThanOrEqual(SNAPSHOT_CREDIT_BYTES)
  expect(Math.max(...ends)).toBeGreaterThan(SNAPSHOT_CREDIT_BYTES / 2)
  await cluster.kill(lost.id)
})
