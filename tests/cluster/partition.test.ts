// Five nodes A to E; A leads. A and B are cut off: what A takes then never counts, and nobody is lied to about it.
import { hasCode } from '@riverraft/core'
import { afterEach, expect, test } from 'vitest'
import { Nodes } from './nodes.js'

let nodes: Nodes | undefined

afterEach(async () => {
  await nodes?.stop()
})

test('a leader cut off with a minority commits nothing; after healing all five hold the same log', async () => {
  nodes = await Nodes.start('ABCDE')
  const [old, partner, ...majority] = await nodes.elected()
  expect(await old.propose('before')).toBe(1)
  await nodes.elected()
  const { term, commitIndex } = old.status()

  nodes.network.partition(
    [old.id, partner!.id],
    majority.map(({ id }) => id),
  )
  // One caller gives up soon, the other is patient.
  const impatient = old.propose('impatient', { timeoutMs: 100 })
  const patient = old.propose('patient', { timeoutMs: 20_000 })
  await nodes.when(() => partner!.status().lastIndex === commitIndex + 2)
  const error = await impatient.catch((thrown: unknown) => thrown)
  expect(hasCode(error, 'ERR_OUTCOME_UNKNOWN')).toBe(true)
  expect([old, partner!].map((node) => node.status().commitIndex)).toEqual([commitIndex, commitIndex])

  // C to E elect one of them, and commit.
  const [leader] = await nodes.elected(majority)
  expect(leader.status().term).toBeGreaterThan(term)
  expect(await leader.propose('after')).toBe(2)
  expect(await majority.at(-1)!.propose('and after')).toBe(3)
  expect(old.status().commitIndex).toBe(commitIndex)
  expect(await nodes.words(old)).toEqual(['before'])

  nodes.network.heal()
  // The patient one's entry is replaced: it certainly never counted, so it is proposed again, and counts once.
  expect(await patient).toBe(4)
  await nodes.elected()
  expect(old.status().term).toBeGreaterThan(term)

  const expected = await nodes.log(leader)
  expect(expected.filter((line) => line.includes('patient'))).toHaveLength(1)
  for (const node of nodes.all) {
    expect(await nodes.log(node)).toEqual(expected)
    expect(await nodes.words(node)).toEqual(['before', 'after', 'and after', 'patient'])
  }
})

test('a follower alone waits, refuses nothing it cannot know, and catches up', async () => {
  nodes = await Nodes.start('ABC')
  const [leader, alone, other] = await nodes.elected()
  nodes.network.partition([alone!.id], [leader.id, other!.id])
  await nodes.when(() => alone!.status().leaderId === undefined)
  const waiting = alone!.propose('waited', { timeoutMs: 20_000 })
  const refused = await alone!.propose('gave up', { timeoutMs: 50 }).catch((thrown: unknown) => thrown)
  expect(hasCode(refused, 'ERR_TIMEOUT')).toBe(true)
  const aborted = alone!
    .propose('aborted', { signal: AbortSignal.timeout(20) })
    .catch((thrown: unknown) => thrown)
  expect(hasCode(await aborted, 'ERR_ABORTED')).toBe(true)
  expect(await leader.propose('meanwhile')).toBe(1)
  nodes.network.heal()
  expect(await waiting).toBe(2)
  await nodes.elected()
  for (const node of nodes.all) expect(await nodes.words(node)).toEqual(['meanwhile', 'waited'])
})

test('a network that loses, repeats and reorders slows a cluster down and changes nothing else', async () => {
  nodes = await Nodes.start('ABC')
  const { network } = nodes
  network.drop('*', '*', 0.05)
  network.duplicate('*', '*', 0.3)
  network.delay('*', '*', () => Math.random() * 3)
  const given = Array.from({ length: 60 }, (_, i) => {
    const node = nodes!.all[i % 3]!
    return node.propose(`w${i}`, { timeoutMs: 1_000 }).then(
      (place) => ({ word: `w${i}`, place }),
      () => undefined,
    )
  })
  const acknowledged = (await Promise.all(given)).filter((answer) => answer !== undefined)
  expect(acknowledged.length).toBeGreaterThan(0)
  network.drop('*', '*', 0)
  network.duplicate('*', '*', 0)
  network.delay('*', '*', 0)
  await nodes.elected()
  const words = await nodes.words(nodes.all[0]!)
  expect(new Set(words).size).toBe(words.length)
  for (const { word, place } of acknowledged) expect(words[place - 1]).toBe(word)
  for (const node of nodes.all) expect(await nodes.words(node)).toEqual(words)
})
