// Handing leadership over (thesis §3.10): on demand, and when a leader stops.
import { describe, expect, test } from 'vitest'
import { Cluster, type Words } from './harness/cluster.js'
import type { Verdict } from './harness/network.js'
import { append, Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

const count = ({ words }: Words): number => words.length

/** What becomes of frames with a TimeoutNow. */
const timeoutNow = (cluster: Cluster, verdict: Verdict): void => {
  cluster.network.judge = ({ frame }) =>
    frame.messages.some(({ type }) => type === 'TimeoutNow') ? verdict : 'pass'
}

/** B takes over from A. */
async function takeOver(solo: Solo): Promise<void> {
  const { term, lastIndex } = solo.node.status()
  const request = { term: term + 1, lastLogIndex: lastIndex, lastLogTerm: term, transfer: true }
  await solo.receive('B', { type: 'RequestVote', ...request })
  await solo.receive('B', append(term + 1, lastIndex, term, []))
}

describe('transferLeadership', () => {
  test('to a given node, faster than any election', async () => {
    const cluster = await Cluster.start({ size: 5 })
    const [leader, , , last] = await cluster.elected()
    const since = cluster.world.now
    expect(await cluster.world.outcome(leader.transferLeadership(last!.id))).toBe(last!.id)
    expect(cluster.world.now - since).toBeLessThan(150)
    expect(last!.status().role).toBe('leader')
    expect(leader.status()).toMatchObject({ role: 'follower', leaderId: last!.id })
    await cluster.stop()
  })

  test('to the one that has most of the log', async () => {
    const cluster = await Cluster.start()
    const [leader, ahead, behind] = await cluster.elected()
    cluster.network.partition([behind!.id], [leader.id, ahead!.id])
    await cluster.world.outcome(leader.propose('x'))
    cluster.network.heal()
    expect(await cluster.world.outcome(leader.transferLeadership())).toBe(ahead!.id)
    await cluster.stop()
  })

  test('requests wait meanwhile, and succeed at the new leader, each once', async () => {
    const cluster = await Cluster.start()
    const [leader, next, third] = await cluster.elected()
    timeoutNow(cluster, 'hold')
    const transferred = watch(leader.transferLeadership(next!.id))
    await cluster.world.calm()
    const words = [leader, third!].map((node) => watch(node.propose(`from ${node.id}`)))
    const reads = [leader, third!].map((node) => watch(node.read(count)))
    await cluster.world.pass(20)
    for (const { state } of [transferred, ...words, ...reads]) expect(state).toBe('pending')
    cluster.network.judge = () => 'pass'
    cluster.network.release()
    const all = (): boolean => [transferred, ...words, ...reads].every(({ state }) => state === 'fulfilled')
    await cluster.world.until('all are answered', all)
    expect([...cluster.words(next!.id)].sort()).toEqual([leader, third!].map(({ id }) => `from ${id}`).sort())
    await cluster.stop()
  })

  test('a successor that never hears of it: given up after an election timeout, and requests go on', async () => {
    const cluster = await Cluster.start()
    const [leader, next] = await cluster.elected()
    const { term } = leader.status()
    timeoutNow(cluster, 'drop')
    const since = cluster.world.now
    const transferred = leader.transferLeadership(next!.id)
    const proposed = watch(leader.propose('x'))
    expect(await cluster.world.failure(transferred)).toBe('ERR_TRANSFER_FAILED')
    expect(cluster.world.now - since).toBeLessThanOrEqual(300 + 50)
    await cluster.world.until('the write is done', () => proposed.state === 'fulfilled')
    expect(leader.status()).toMatchObject({ role: 'leader', term })
    await cluster.stop()
  })

  test('the caller gives up: by deadline, or by signal', async () => {
    const solo = await Solo.start()
    await solo.lead()
    expect(await solo.world.failure(solo.node.transferLeadership('B', { timeoutMs: 20 }))).toBe('ERR_TIMEOUT')
    // Consensus is not done with it yet.
    expect(await solo.world.failure(solo.node.transferLeadership('C'))).toBe('ERR_TRANSFER_FAILED')
    const controller = new AbortController()
    const aborted = solo.node.transferLeadership('B', { signal: controller.signal })
    controller.abort()
    expect(await solo.world.failure(aborted)).toBe('ERR_ABORTED')
    await solo.node.stop({ transfer: false })
  })

  test('refused: not the leader, not another member, one under way, nobody there, stopped', async () => {
    const solo = await Solo.start()
    const code = (to?: string): Promise<string> => solo.world.failure(solo.node.transferLeadership(to))
    expect(await code('B')).toBe('ERR_NOT_LEADER')
    expect(await code('X')).toBe('ERR_INVALID_OPTION')
    expect(await code('A')).toBe('ERR_INVALID_OPTION')
    await solo.lead({ acknowledge: false })
    expect(await code()).toBe('ERR_TRANSFER_FAILED')
    const first = watch(solo.node.transferLeadership('B'))
    expect(await code('C')).toBe('ERR_TRANSFER_FAILED')
    expect(first.state).toBe('pending')
    await solo.node.stop({ transfer: false })
    await solo.world.calm()
    expect(first).toMatchObject({ state: 'rejected', value: { code: 'ERR_STOPPED' } })
    expect(await code('B')).toBe('ERR_STOPPED')
  })

  test('another one is elected instead', async () => {
    const solo = await Solo.start()
    const term = await solo.lead()
    const transferred = watch(solo.node.transferLeadership('B'))
    await solo.world.calm()
    await solo.receive('C', append(term + 1, 1, term, []))
    expect(transferred).toMatchObject({
      state: 'rejected',
      value: { code: 'ERR_TRANSFER_FAILED', message: 'C was elected instead of B' },
    })
    await solo.node.stop()
  })

  test('the leader itself is elected again: nothing was handed over', async () => {
    const solo = await Solo.start()
    await solo.lead()
    const transferred = watch(solo.node.transferLeadership())
    await solo.world.calm()
    const { term } = solo.node.status()
    await solo.receive('B', { type: 'PreVoteReply', term: term + 1, askedTerm: term, voteGranted: false })
    expect(solo.node.status().role).toBe('follower')
    await solo.lead()
    expect(transferred).toMatchObject({ state: 'rejected', value: { code: 'ERR_TRANSFER_FAILED' } })
    await solo.node.stop({ transfer: false })
  })
})

describe('stop', () => {
  test('a leader hands over: the others write on at once', async () => {
    const cluster = await Cluster.start()
    const [leader, other] = await cluster.elected()
    await cluster.world.outcome(leader.propose('before'))
    const since = cluster.world.now
    await cluster.world.outcome(leader.stop())
    cluster.nodes.delete(leader.id)
    expect(await cluster.world.outcome(other!.propose('after'))).toBe(2)
    expect(cluster.world.now - since).toBeLessThan(150)
    expect(await leader.closed).toBeUndefined()
    await cluster.stop()
  })

  test('a rolling restart loses no write', async () => {
    const cluster = await Cluster.start()
    await cluster.elected()
    for (const id of cluster.ids) {
      const other = cluster.ids.find((one) => one !== id)!
      const written = cluster.node(other).propose(id)
      await cluster.world.outcome(cluster.node(id).stop())
      await cluster.world.outcome(written)
      await cluster.start(id)
      await cluster.elected()
    }
    for (const id of cluster.ids) expect(cluster.words(id)).toEqual([...cluster.ids])
    await cluster.stop()
  })

  test('nobody has answered: it does not wait', async () => {
    const solo = await Solo.start()
    await solo.lead({ acknowledge: false })
    const since = solo.world.now
    await solo.world.outcome(solo.node.stop())
    expect(solo.world.now).toBe(since)
    expect(solo.closed).toBe(true)
  })

  test('nobody takes over: it waits an election timeout at most', async () => {
    const solo = await Solo.start()
    await solo.lead()
    const since = solo.world.now
    const stopping = solo.node.stop()
    expect(solo.node.status().stopped).toBe(true)
    expect(await solo.world.failure(solo.node.propose('late'))).toBe('ERR_STOPPED')
    await solo.world.outcome(stopping)
    expect(solo.world.now - since).toBeGreaterThan(0)
    expect(solo.world.now - since).toBeLessThanOrEqual(300)
    expect(solo.closed).toBe(true)
  })

  test('one under way is waited for, but not longer', async () => {
    const solo = await Solo.start()
    await solo.lead()
    const transferred = watch(solo.node.transferLeadership('B'))
    await solo.world.calm()
    const stopping = watch(solo.node.stop())
    await solo.world.calm()
    expect(stopping.state).toBe('pending')
    await takeOver(solo)
    await solo.world.calm()
    expect(transferred).toEqual({ state: 'fulfilled', value: 'B' })
    expect(stopping.state).toBe('fulfilled')

    const deaf = await Solo.start({ requestTimeoutMs: 60_000 })
    await deaf.lead()
    void deaf.node.transferLeadership('B').catch(() => undefined)
    await deaf.world.calm()
    const since = deaf.world.now
    await deaf.world.outcome(deaf.node.stop())
    expect(deaf.world.now - since).toBeLessThanOrEqual(300)
  })

  test('a second stop without a transfer does not wait any longer', async () => {
    const solo = await Solo.start()
    await solo.lead()
    const stopping = watch(solo.node.stop())
    await solo.world.calm()
    expect(stopping.state).toBe('pending')
    const since = solo.world.now
    await solo.world.outcome(solo.node.stop({ transfer: false }))
    expect(stopping.state).toBe('fulfilled')
    expect(solo.world.now).toBe(since)
  })

  test('a disk that fails meanwhile ends the stop, and is told', async () => {
    const solo = await Solo.start()
    await solo.lead()
    const stopping = watch(solo.node.stop())
    await solo.world.calm()
    expect(stopping.state).toBe('pending')
    solo.disk.failure = new Error('no space')
    await takeOver(solo)
    await solo.world.calm()
    expect(stopping.state).toBe('fulfilled')
    expect(await solo.node.closed).toMatchObject({ code: 'ERR_STORAGE' })
    expect(solo.take('RequestVoteReply')).toEqual([])
  })
})
