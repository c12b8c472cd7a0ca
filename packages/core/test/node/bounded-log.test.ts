// A log never outgrows what a node can hold: not without a quorum, not before a slow disk, not before a slow machine.
import { expect, test } from 'vitest'
import type { StateMachineFactory } from '../../src/ports/state-machine.js'
import { EntryKind } from '../../src/wire/entry-block.js'
import { Cluster, WORDS, type Words } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, watch } from './harness/world.js'

const KIB = 1_024
const SMALL = { messageBytesMax: 4 * KIB, inFlightBytesMax: 16 * KIB, uncommittedBytesMax: 8 * KIB }
/** A word of about a kibibyte. */
const word = (i: number): string => `${i}`.padStart(KIB - 80, '.')

function proposeMany(node: { propose(word: string): Promise<number> }, count: number) {
  return Array.from({ length: count }, (_, i) => watch(node.propose(word(i))))
}

test('a leader without a quorum appends up to the limit; its own proposals wait, and are applied when it has one', async () => {
  const solo = await Solo.start({ ...SMALL, requestTimeoutMs: 60_000 })
  await solo.lead()
  await solo.openSession()
  const before = solo.node.status().lastIndex
  const proposed = proposeMany(solo.node, 100)
  await solo.world.calm()
  const appended = solo.node.status().lastIndex - before
  // The limit, and at most one message above it.
  expect(appended).toBeGreaterThanOrEqual(8)
  expect(appended).toBeLessThanOrEqual(12)
  expect(solo.node.status().pendingProposals).toBe(100)
  while (proposed.some(({ state }) => state === 'pending')) await solo.acknowledge(['B'])
  expect(proposed.map(({ value }) => value)).toEqual(proposed.map((_, i) => i + 1))
  await solo.node.stop({ transfer: false })
})

test('openings of sessions are bounded like commands: those that do not fit wait, and are applied later', async () => {
  const solo = await Solo.start({ ...SMALL, requestTimeoutMs: 60_000 })
  await solo.lead()
  const before = solo.node.status().lastIndex
  const opened = Array.from({ length: 1_000 }, () => watch(solo.node.openSession()))
  await solo.world.calm()
  // One more block may pass the limit: a message full of entries, with its header.
  expect(solo.node.status().uncommittedBytes).toBeGreaterThanOrEqual(SMALL.uncommittedBytesMax)
  expect(solo.node.status().uncommittedBytes).toBeLessThanOrEqual(
    SMALL.uncommittedBytesMax + SMALL.messageBytesMax + 128,
  )
  expect(solo.node.status().lastIndex - before).toBeLessThan(1_000)
  while (opened.some(({ state }) => state === 'pending')) await solo.acknowledge(['B'])
  expect(new Set(opened.map(({ value }) => value)).size).toBe(1_000)
  await solo.node.stop({ transfer: false })
})

test('a forwarded proposal is refused as overloaded instead', async () => {
  const solo = await Solo.start({ ...SMALL, requestTimeoutMs: 60_000 })
  const term = await solo.lead()
  await solo.openSession()
  proposeMany(solo.node, 20)
  await solo.world.calm()
  const { lastIndex } = solo.node.status()
  const commands = [new Uint8Array(100)]
  const place = { sessionId: 2, firstSequence: 1, acknowledgedBelow: 1 }
  const message = {
    type: 'Forward',
    term,
    processId: 7,
    kind: EntryKind.Command,
    ...place,
    commands,
  } as const
  await solo.receive('B', { ...message, sequence: 8 })
  await solo.receive('B', { ...message, kind: EntryKind.OpenSession, sequence: 9 })
  const refused = { accepted: false, overloaded: true }
  expect(solo.take('ForwardReply', 'B')).toMatchObject([refused, refused])
  expect(solo.node.status().lastIndex).toBe(lastIndex)
  await solo.node.stop({ transfer: false })
})

test('what was appended in an earlier term does not count in this one (etcd-io/raft#11)', async () => {
  const solo = await Solo.start({ ...SMALL, requestTimeoutMs: 60_000 })
  const term = await solo.lead()
  await solo.openSession()
  proposeMany(solo.node, 20)
  await solo.world.calm()
  // Another leads, replaces what was not committed, and is gone.
  await solo.receive('B', append(term + 1, 2, term, [block(3, term + 1, 'of B')], { leaderCommit: 3 }))
  const { lastIndex } = solo.node.status()
  await solo.lead()
  const later = watch(solo.node.propose('again'))
  await solo.world.calm()
  expect(solo.node.status().lastIndex).toBeGreaterThan(lastIndex + 1)
  while (later.state === 'pending') await solo.acknowledge()
  expect(later.state).toBe('fulfilled')
  await solo.node.stop({ transfer: false })
})

test('a command larger than what is left passes when nothing else is there', async () => {
  const solo = await Solo.start({ ...SMALL, uncommittedBytesMax: 4 * KIB })
  await solo.lead()
  const large = watch(solo.node.propose('x'.repeat(2 * KIB - 10)))
  const next = watch(solo.node.propose('y'.repeat(2 * KIB - 10)))
  const last = watch(solo.node.propose('z'.repeat(2 * KIB - 10)))
  while ([large, next, last].some(({ state }) => state === 'pending')) await solo.acknowledge()
  expect([large.value, next.value, last.value]).toEqual([1, 2, 3])
  await solo.node.stop({ transfer: false })
})

test('a leader whose own disk hangs appends up to the limit, although the others commit without it', async () => {
  const solo = await Solo.start({ ...SMALL, requestTimeoutMs: 600_000, logCacheBytesMax: 1 })
  await solo.lead()
  await solo.openSession()
  solo.disk.writes = 'held'
  const before = solo.node.status().lastIndex
  const proposed = proposeMany(solo.node, 100)
  for (let i = 0; i < 50; i++) await solo.acknowledge()
  const { lastIndex, commitIndex } = solo.node.status()
  expect(commitIndex).toBe(lastIndex)
  expect(lastIndex - before).toBeLessThanOrEqual(12)
  solo.disk.writes = 'at once'
  solo.disk.completeWrites()
  for (let i = 0; i < 50; i++) await solo.acknowledge()
  expect(proposed.every(({ state }) => state === 'fulfilled')).toBe(true)
  await solo.node.stop({ transfer: false })
})

test('a follower whose disk hangs takes entries up to the limit, says what is durable, and has all when it works again', async () => {
  const cluster = await Cluster.start({ ...SMALL, requestTimeoutMs: 600_000 })
  const [leader, follower] = await cluster.elected()
  const disk = cluster.disk(follower!.id)
  disk.writes = 'held'
  const before = follower!.status().lastIndex
  const proposed = proposeMany(leader, 200)
  await cluster.world.until('the others commit', () => proposed.every(({ state }) => state === 'fulfilled'))
  // Leaders that come and go forget what they have sent.
  for (let i = 0; i < 20; i++) {
    cluster.network.cut(leader.id, follower!.id)
    cluster.network.heal()
    await cluster.world.pass(20)
  }
  expect(follower!.status().lastIndex - before).toBeLessThanOrEqual(16)
  disk.writes = 'at once'
  disk.completeWrites()
  await cluster.agreed()
  expect(cluster.words(follower!.id)).toHaveLength(200)
  await cluster.stop()
})

test('entries beyond the limit are not acknowledged and not kept', async () => {
  const solo = await Solo.start({ ...SMALL, disk: { writes: 'at once' } })
  await solo.follow('B', 1)
  solo.disk.writes = 'held'
  for (let i = 0; i < 40; i++)
    await solo.receive('B', append(1, i, i === 0 ? 0 : 1, [block(i + 1, 1, word(i))]))
  // The first of these could not be stored, so the next ones do not follow.
  const kept = solo.node.status().lastIndex
  expect(kept).toBeGreaterThanOrEqual(5)
  expect(kept).toBeLessThanOrEqual(9)
  solo.take('AppendEntriesReply')
  solo.disk.writes = 'at once'
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(Math.max(...solo.take('AppendEntriesReply').map(({ matchIndex }) => matchIndex))).toBe(kept)
  await solo.node.stop({ transfer: false })
})

test('a slow state machine makes the leader wait, while heartbeats go on (sofa-jraft#550)', async () => {
  let world: Cluster['world'] | undefined
  let slow: string | undefined
  const applied = { most: 0 }
  const machine = (id: string): StateMachineFactory<string, number, Words> => ({
    codec: WORDS.codec,
    create() {
      const machine = WORDS.create()
      return {
        ...machine,
        apply: (text, context) => {
          if (id === slow) world!.now += 5
          return machine.apply(text, context)
        },
      }
    },
  })
  const cluster = Cluster.prepare({ ...SMALL, requestTimeoutMs: 600_000 })
  world = cluster.world
  for (const id of cluster.ids) await cluster.start(id, { stateMachine: machine(id) })
  const [leader] = await cluster.elected()
  slow = leader.id
  const { term } = leader.status()
  const proposed = proposeMany(leader, 200)
  const look = (): boolean => {
    const { lastIndex, lastApplied } = leader.status()
    applied.most = Math.max(applied.most, lastIndex - lastApplied)
    return proposed.every(({ state }) => state !== 'pending')
  }
  await world.until('all are applied', look)
  expect(applied.most).toBeLessThanOrEqual(12)
  expect(proposed.every(({ state }) => state === 'fulfilled')).toBe(true)
  expect(leader.status()).toMatchObject({ term, role: 'leader' })
  await cluster.stop()
})

test('limits that hold no message are refused', async () => {
  await expect(Solo.start({ uncommittedBytesMax: KIB })).rejects.toSatisfy(
    (error) => codeOf(error) === 'ERR_INVALID_OPTION',
  )
})
