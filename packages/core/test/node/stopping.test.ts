// A node that stops, or must, leaves nobody waiting and says nothing more.
import { expect, test } from 'vitest'
import type { RaftError } from '../../src/ports/errors.js'
import { Cluster } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, World, watch } from './harness/world.js'

test('a listener may stop the node in the middle of a turn', async () => {
  const solo = await Solo.start()
  solo.node.on('BecameLeader', () => void solo.node.stop({ transfer: false }))
  // Its no-op would have to be sent now: a turn that went on asking for it would never end.
  await solo.lead({ acknowledge: false })
  expect(solo.node.status().stopped).toBe(true)
  expect(await solo.world.outcome(solo.node.closed)).toBeUndefined()
})

test.each(['stops the node', 'aborts'])('a listener that %s while proposals are appended', async (what) => {
  const solo = await Solo.start()
  await solo.lead()
  await solo.openSession()
  const controller = new AbortController()
  solo.node.on(
    'EntriesAppended',
    () => void (what === 'aborts' ? controller.abort() : solo.node.stop({ transfer: false })),
  )
  const proposed = watch(solo.node.propose('word', { signal: controller.signal }))
  await solo.world.calm()
  // It stands in the log by now.
  expect(proposed).toMatchObject({ state: 'rejected', value: { code: 'ERR_OUTCOME_UNKNOWN' } })
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('every request is answered when the node stops, each as honestly as can be (hashicorp/raft#145, #498)', async () => {
  const solo = await Solo.start()
  const waiting = watch(solo.node.propose('waits for a leader'))
  await solo.node.stop({ transfer: false })
  await solo.world.calm()
  expect(waiting).toMatchObject({ state: 'rejected', value: { code: 'ERR_STOPPED' } })
})

test('what is in the log or on its way may still be applied by others when the node stops', async () => {
  const leading = await Solo.start()
  await leading.lead()
  await leading.openSession()
  const appended = watch(leading.node.propose('appended'))
  const read = watch(leading.node.read(({ words }) => words.length))
  await leading.world.calm()
  await leading.node.stop({ transfer: false })
  await leading.world.calm()
  expect(appended).toMatchObject({ state: 'rejected', value: { code: 'ERR_OUTCOME_UNKNOWN' } })
  expect(read).toMatchObject({ state: 'rejected', value: { code: 'ERR_STOPPED' } })

  const following = await Solo.start()
  await following.follow('B', 1)
  await following.openSession('B')
  const sent = watch(following.node.propose('sent'))
  await following.world.calm()
  await following.node.stop()
  await following.world.calm()
  expect(sent).toMatchObject({ state: 'rejected', value: { code: 'ERR_OUTCOME_UNKNOWN' } })
})

test('a stopped node refuses every request, and stops once', async () => {
  const solo = await Solo.start()
  const stopping = solo.node.stop({ transfer: false })
  expect(solo.node.stop({ transfer: false })).toBe(stopping)
  expect(await solo.world.failure(solo.node.propose('late'))).toBe('ERR_STOPPED')
  expect(await solo.world.failure(solo.node.read(() => 1))).toBe('ERR_STOPPED')
  await stopping
  expect(await solo.node.closed).toBeUndefined()
  expect(solo.closed).toBe(true)
  expect(solo.disk.closed).toBe(1)
})

test('await using stops the node at the end of the block', async () => {
  const solo = await Solo.start()
  {
    await using node = solo.node
    expect(node.status().stopped).toBe(false)
  }
  expect(solo.node.status().stopped).toBe(true)
  expect(solo.closed).toBe(true)
})

test('what arrives and falls due after the stop does nothing', async () => {
  const solo = await Solo.start()
  await solo.node.stop({ transfer: false })
  solo.sent = []
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a')], { leaderCommit: 1 }))
  solo.host.linkUp('B')
  await solo.world.calm()
  expect(solo.sent).toEqual([])
  expect(solo.words).toEqual([])
  expect(solo.disk.log).toEqual([])
})

test('the error of a storage that cannot be closed is reported, and everything else is closed', async () => {
  const solo = new Solo()
  const storage = solo.disk.storage()
  const broken = { ...storage, close: () => Promise.reject(new Error('cannot close')) }
  const started = await Solo.start({ storage: broken })
  await started.node.stop()
  expect((await started.node.closed)?.message).toBe('cannot close')
  expect(started.closed).toBe(true)
})

test('a storage is closed again when the node could not be made or could not listen', async () => {
  const cluster = Cluster.prepare()
  const machine = {
    codec: { encode: () => new Uint8Array(), decode: () => '' },
    create: () => {
      throw new Error('no machine')
    },
  }
  await expect(cluster.start('A', { stateMachine: machine })).rejects.toThrow('no machine')
  expect(cluster.disk('A').closed).toBe(1)
  const deaf = { ...cluster.network.transport(), listen: () => Promise.reject(new Error('cannot listen')) }
  await expect(cluster.start('A', { transport: deaf })).rejects.toThrow('cannot listen')
  expect(cluster.disk('A').closed).toBe(2)
})

test('a storage that opens for nobody fails the start with its own error', async () => {
  const cluster = Cluster.prepare()
  const locked = { ...cluster.disk('A').storage(), open: () => Promise.reject(new Error('locked')) }
  await expect(cluster.start('A', { storage: locked })).rejects.toThrow('locked')
})

test('a node that fails in the middle of a proposal says that its outcome is unknown', async () => {
  const world = new World()
  let broken = false
  const wallClock = (): number => {
    if (broken) throw new Error('no clock')
    return 1
  }
  const solo = await Solo.start({ world, scheduler: { ...world.scheduler(), wallClock } })
  await solo.lead()
  await solo.openSession()
  broken = true
  const proposed = watch(solo.node.propose('word'))
  await world.calm()
  expect(proposed.state).toBe('rejected')
  expect(codeOf(proposed.value)).toBe('ERR_OUTCOME_UNKNOWN')
  const error = (await solo.node.closed) as RaftError
  expect(error.message).toContain('no clock')
})
