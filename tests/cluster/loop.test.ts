// One process, one event loop: nodes, callers, timers and sockets share it.
import { hasCode, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { memoryNetwork } from '@riverraft/transport-memory'
import { afterEach, expect, test } from 'vitest'
import { Nodes, WORDS } from './nodes.js'

let nodes: Nodes | undefined

afterEach(async () => {
  await nodes?.stop()
})

test('a thousand callers who propose again as soon as they are answered leave timers their turn', async () => {
  nodes = await Nodes.start('A')
  const [node] = await nodes.elected()
  let over = false
  let answered = 0
  const callers = Array.from({ length: 1_000 }, async () => {
    while (!over) {
      await node.propose('word')
      answered++
    }
  })
  await new Promise((resolve) => setTimeout(resolve, 1))
  over = true
  await Promise.all(callers)
  expect(answered).toBeGreaterThan(0)
})

test('callers who try again as soon as they are refused leave timers their turn', async () => {
  nodes = await Nodes.start('AB', { pendingProposalsMax: 1 })
  nodes.network.partition(['A'], ['B'])
  const node = nodes.running.get('A')!
  const first = node.propose('fills the queue').catch(() => undefined)
  let over = false
  const caller = (async () => {
    while (!over)
      await node
        .propose('word')
        .catch((error: unknown) => expect(hasCode(error, 'ERR_OVERLOADED')).toBe(true))
  })()
  await new Promise((resolve) => setTimeout(resolve, 1))
  over = true
  await caller
  await nodes.stop()
  await first
})

test('a node on memory that comes back is refused by those who knew it, and says why', async () => {
  nodes = await Nodes.start('ABC')
  const [leader, follower] = await nodes.elected()
  await follower!.stop()
  nodes.running.delete(follower!.id)
  const back = await nodes.start(follower!.id)
  const error = await back.closed
  expect(hasCode(error, 'ERR_INCARNATION_CHANGED')).toBe(true)
  expect(error?.message).toMatch(/memory storage is volatile/)
  nodes.running.delete(follower!.id)
  expect(await leader.propose('without it')).toBe(1)
})

test('the leader stops while its followers’ requests are under way: every caller is answered', async () => {
  nodes = await Nodes.start('ABC')
  const [leader, ...followers] = await nodes.elected()
  const given = followers.flatMap((node) => {
    return Array.from({ length: 50 }, (_, i) => ({
      word: `${node.id}${i}`,
      result: node.propose(`${node.id}${i}`),
    }))
  })
  let taken = false
  leader.on('EntriesAppended', () => {
    taken = true
  })
  await nodes.when(() => taken)
  await leader.stop()
  nodes.running.delete(leader.id)
  const outcomes = await Promise.allSettled(given.map(({ result }) => result))
  await nodes.elected()
  const words = await nodes.words(followers[0]!)
  expect(new Set(words).size).toBe(words.length)
  for (const [i, outcome] of outcomes.entries()) {
    const { word } = given[i]!
    if (outcome.status === 'fulfilled') expect(words[outcome.value - 1]).toBe(word)
    else if (!hasCode(outcome.reason, 'ERR_OUTCOME_UNKNOWN')) expect(words).not.toContain(word)
  }
})

test('await using stops a node', async () => {
  const members = [{ id: 'A', address: 'A', role: 'voter' as const }]
  let closed: Promise<unknown>
  {
    await using node = await RaftNode.start({
      id: 'A',
      clusterId: 'words',
      members,
      transport: memoryNetwork().transport(),
      storage: memoryStorage(),
      stateMachine: WORDS,
    })
    closed = node.closed
    expect(await node.propose('word')).toBe(1)
  }
  expect(await closed).toBeUndefined()
})
