// Log compaction on the transport and the storage that users get, in real time.
import { afterEach, expect, test } from 'vitest'
import { Nodes } from './nodes.js'

let nodes: Nodes | undefined

afterEach(async () => {
  await nodes?.stop()
})

test('a member that was cut off while the log went is sent the snapshot', async () => {
  nodes = await Nodes.start('ABC', { snapshotTrailingBytes: 1, snapshotChunkBytes: 100 })
  const [leader, other, lost] = await nodes.elected()
  nodes.network.partition([leader.id, other!.id], [lost!.id])
  const words = Array.from({ length: 100 }, (_, i) => `word ${i}`)
  for (const word of words) await leader.propose(word)
  await nodes.elected([leader, other!])
  for (const node of [leader, other!]) await node.takeSnapshot()
  await nodes.when(() => leader.status().firstIndex > 50)
  const installed = new Promise((resolve) => lost!.on('SnapshotInstalled', resolve))
  nodes.network.heal()
  await installed
  await nodes.elected()
  expect(await nodes.words(lost!)).toEqual(words)
  expect(await lost!.propose('from there')).toBe(101)
})
