// Snapshots of a node's own state (Raft §7): when they are taken, what they hold, and what becomes of the log behind them.
import { expect, test } from 'vitest'
import { defineStateMachine } from '../../src/node/define-state-machine.js'
import { RaftNode } from '../../src/node/raft-node.js'
import type { NodeEvent } from '../../src/node/types.js'
import type { StateMachineFactory } from '../../src/ports/state-machine.js'
import { EntryKind, encodeBlock } from '../../src/wire/entry-block.js'
import { Cluster, WORDS, type Words } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

const TRAILING_NONE = { snapshotTrailingBytes: 1 }

test('one that is asked for holds all that is applied, is durable, and takes the place of the log', async () => {
  const cluster = await Cluster.start(TRAILING_NONE)
  const [leader] = await cluster.elected()
  for (const word of ['a', 'b', 'c']) await cluster.world.outcome(leader.propose(word))
  const { lastApplied } = leader.status()
  expect(await cluster.world.outcome(leader.takeSnapshot())).toBe(lastApplied)
  expect(cluster.disk(leader.id).snapshot?.metadata).toMatchObject({
    index: lastApplied,
    members: cluster.members,
  })
  await cluster.world.until('the log is discarded', () => leader.status().firstIndex > 1)
  expect(leader.status()).toMatchObject({ snapshotIndex: lastApplied, lastIndex: lastApplied })
  expect(cluster.disk(leader.id).begin).toBeGreaterThan(1)
  await cluster.world.outcome(leader.propose('d'))
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['a', 'b', 'c', 'd'])
  await cluster.stop()
})

test('when nothing was applied since the last one, that one is the answer', async () => {
  const cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  const index = await cluster.world.outcome(leader.takeSnapshot())
  const { snapshot } = cluster.disk(leader.id)
  expect(await cluster.world.outcome(leader.takeSnapshot())).toBe(index)
  expect(cluster.disk(leader.id).snapshot).toBe(snapshot)
  await cluster.stop()
})

test('a node starts from its snapshot and the log behind it', async () => {
  const cluster = await Cluster.start(TRAILING_NONE)
  const [leader] = await cluster.elected()
  for (const word of ['a', 'b', 'c']) await cluster.world.outcome(leader.propose(word))
  await cluster.agreed()
  for (const id of cluster.ids) await cluster.world.outcome(cluster.node(id).takeSnapshot())
  await cluster.world.outcome(leader.propose('d'))
  await cluster.agreed()
  const { lastIndex } = leader.status()
  for (const id of cluster.ids) await cluster.kill(id)
  for (const id of cluster.ids) {
    const node = await cluster.start(id)
    // Before anybody has told it that anything else is committed.
    expect(node.status()).toMatchObject({ lastIndex, snapshotIndex: lastIndex - 1 })
    expect(cluster.words(id)).toEqual(['a', 'b', 'c'])
  }
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['a', 'b', 'c', 'd'])
  await cluster.stop()
})

test('taken by size, not too often, and with a part of the log behind it', async () => {
  const limits = { snapshotLogBytesMin: 5_000, snapshotIntervalMsMin: 1_000, snapshotTrailingBytes: 1_000 }
  const cluster = await Cluster.start(limits)
  const [leader] = await cluster.elected()
  const taken: { index: number; now: number }[] = []
  leader.on('SnapshotTaken', ({ lastIncludedIndex, now }) => taken.push({ index: lastIncludedIndex, now }))
  const end = cluster.world.now + 5_000
  while (cluster.world.now < end) {
    await cluster.world.outcome(leader.propose('word'))
    await cluster.world.pass(5)
  }
  expect(taken.length).toBeGreaterThanOrEqual(4)
  for (const [i, { now }] of taken.entries())
    if (i > 0) expect(now - taken[i - 1]!.now).toBeGreaterThanOrEqual(1_000)
  const { firstIndex, snapshotIndex } = leader.status()
  // About a hundred bytes an entry.
  expect(snapshotIndex - firstIndex).toBeGreaterThan(5)
  expect(snapshotIndex - firstIndex).toBeLessThan(30)
  await cluster.stop()
})

test('a large snapshot makes the next one come later: four times its size of log by default', async () => {
  const cluster = await Cluster.start({ snapshotLogBytesMin: 1_000, snapshotIntervalMsMin: 1 })
  const [leader] = await cluster.elected()
  await cluster.world.outcome(leader.propose('w'.repeat(20_000)))
  await cluster.world.until('one is taken', () => leader.status().snapshotIndex > 0)
  const { snapshotIndex } = leader.status()
  for (let i = 0; i < 100; i++) await cluster.world.outcome(leader.propose('word'))
  expect(leader.status().snapshotIndex).toBe(snapshotIndex)
  await cluster.stop()
})

test('a machine that is written in slices applies nothing meanwhile, while heartbeats go on', async () => {
  let world: Cluster['world'] | undefined
  const events: string[][] = []
  const slow: StateMachineFactory<string, number, Words> = {
    codec: WORDS.codec,
    create() {
      const machine = WORDS.create()
      const own: string[] = []
      events.push(own)
      return {
        get state() {
          return machine.state
        },
        apply: (word, context) => {
          if (word === 'during') own.push('applied')
          return machine.apply(word, context)
        },
        snapshot: () => ({
          appliesWait: true,
          content: (function* () {
            for (let i = 0; i < 60; i++) {
              world!.now += 10
              yield new Uint8Array(1)
            }
            own.push('written')
          })(),
        }),
        restore: (content) => machine.restore(content),
      }
    },
  }
  const cluster = Cluster.prepare()
  world = cluster.world
  for (const id of cluster.ids) await cluster.start(id, { stateMachine: slow })
  const [leader] = await cluster.elected()
  await cluster.world.outcome(leader.propose('before'))
  const { term } = leader.status()
  const taken = leader.takeSnapshot()
  const proposed = leader.propose('during')
  await cluster.world.outcome(taken)
  await cluster.world.outcome(proposed)
  expect(events[cluster.ids.indexOf(leader.id)]).toEqual(['written', 'applied'])
  expect(leader.status()).toMatchObject({ role: 'leader', term })
  await cluster.stop()
})

test('what cannot be written is told, and the node goes on', async () => {
  const stubborn = defineStateMachine({
    initial: { words: [] as string[] },
    apply(state: Words & { job?: unknown }, word: string): number {
      state.job = () => word
      return state.words.push(word)
    },
  }) as StateMachineFactory<string, number, Words>
  const cluster = Cluster.prepare()
  for (const id of cluster.ids) await cluster.start(id, { stateMachine: stubborn })
  const [leader] = await cluster.elected()
  const failed: NodeEvent[] = []
  leader.on('SnapshotFailed', (event) => failed.push(event))
  await cluster.world.outcome(leader.propose('a'))
  expect(await cluster.world.failure(leader.takeSnapshot())).toBe('ERR_STATE_MACHINE')
  expect(failed).toHaveLength(1)
  expect(cluster.disk(leader.id).snapshot).toBeUndefined()
  expect(await cluster.world.outcome(leader.propose('b'))).toBe(2)
  await cluster.stop()
})

test('a storage that fails while it saves one stops the node', async () => {
  const solo = await Solo.start()
  await solo.lead()
  solo.disk.failure = new Error('disk on fire')
  const taken = watch(solo.node.takeSnapshot())
  await solo.world.until('it stops', () => solo.closed)
  expect((await solo.node.closed)?.code).toBe('ERR_STORAGE')
  await solo.world.until('the caller is told', () => taken.state !== 'pending')
  expect(taken.state).toBe('rejected')
})

test('a stopping node answers who waits for one, and takes no more', async () => {
  const solo = await Solo.start()
  await solo.lead()
  solo.disk.holdSnapshots = true
  const taken = watch(solo.node.takeSnapshot())
  await solo.world.until('it is written', () => solo.disk.heldSnapshots === 1)
  const stopped = solo.node.stop({ transfer: false })
  await solo.world.until('the caller is told', () => taken.state === 'rejected')
  expect(taken.value).toMatchObject({ code: 'ERR_STOPPED' })
  solo.disk.releaseSnapshots()
  await solo.world.outcome(stopped)
  expect(await solo.world.failure(solo.node.takeSnapshot())).toBe('ERR_STOPPED')
})

test('nothing of it is durable before what was written before it: a hung disk keeps no state of a term it does not know', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('B', append(7, 0, 0, [block(1, 7, 'a', 'b')], { leaderCommit: 2 }))
  // Others have committed them; this disk has neither the entries nor the term.
  expect(solo.words).toEqual(['a', 'b'])
  const taken = watch(solo.node.takeSnapshot())
  await solo.world.calm()
  expect(solo.disk.snapshot).toBeUndefined()
  solo.disk.completeWrites()
  await solo.world.until('it is taken', () => taken.state === 'fulfilled')
  expect(solo.disk.snapshot?.metadata).toMatchObject({ index: 2, term: 7 })
  expect(solo.disk.hardState.currentTerm).toBe(7)
  await solo.node.stop({ transfer: false })
})

test('a log whose beginning is gone, without the snapshot that replaces it, is not started on (dragonboat#156)', async () => {
  const cluster = Cluster.prepare()
  const entry = { kind: EntryKind.Command, payload: new Uint8Array([0x22, 0x22]) }
  const gap = { firstIndex: 5, lastIndex: 5, term: 1 }
  const storage = cluster.disk('A').storage()
  const broken = {
    ...storage,
    open: async (identity: Parameters<typeof storage.open>[0]) => ({
      ...(await storage.open(identity)),
      runs: [gap],
    }),
    read: async () => [encodeBlock({ firstIndex: 5, term: 1, timestamp: 1 }, [entry])],
  }
  await expect(cluster.start('A', { storage: broken })).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  expect(cluster.disk('A').closed).toBe(1)
})

test('a snapshot that the state machine does not understand stops the start', async () => {
  const cluster = await Cluster.start({ size: 1 })
  const [node] = await cluster.elected()
  await cluster.world.outcome(node.propose('a'))
  await cluster.world.outcome(node.takeSnapshot())
  await cluster.kill('A')
  const other: StateMachineFactory<string, number, Words> = {
    codec: WORDS.codec,
    create: () => ({ ...WORDS.create(), restore: () => Promise.reject(new Error('version 2 of what?')) }),
  }
  const error = await RaftNode.start({
    id: 'A',
    clusterId: 'words',
    members: cluster.members,
    transport: cluster.network.transport(),
    storage: cluster.disk('A').storage(),
    stateMachine: other,
    scheduler: cluster.world.scheduler(),
  }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'ERR_STATE_MACHINE', cause: { message: 'version 2 of what?' } })
})
