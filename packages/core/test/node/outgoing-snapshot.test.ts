// A snapshot on its way to one follower: what it holds of the storage ends with it.
import { expect, test } from 'vitest'
import { OutgoingSnapshot } from '../../src/node/snapshots/outgoing-snapshot.js'
import type { StoredSnapshot } from '../../src/ports/storage.js'

const metadata = { index: 5, term: 2, members: [], timestamp: 7 }

test('a transfer that ends while its content is being opened leaves none of it open', async () => {
  let isOpen = false
  async function* content(): AsyncGenerator<Uint8Array, void, undefined> {
    isOpen = true
    try {
      yield new Uint8Array(100)
    } finally {
      isOpen = false
    }
  }
  let opened!: (stored: StoredSnapshot) => void
  const errors: Error[] = []
  const outgoing = new OutgoingSnapshot(
    { metadata, byteLength: 100, checksum: 0 },
    {
      now: () => 0,
      term: 2,
      chunkBytesMax: 10,
      patienceMs: 100,
      delayMsMax: 25,
      open: () => new Promise((resolve) => (opened = resolve)),
      send: () => undefined,
      wake: () => undefined,
      failed: (error) => errors.push(error),
    },
  )
  const reply = { type: 'InstallSnapshotReply', term: 2, lastIncludedIndex: 5, matchIndex: 0 } as const
  outgoing.answered({ ...reply, nextOffset: 0, creditOffset: 100 })
  outgoing.run()
  await macrotask()
  outgoing.close()
  opened({ metadata, content: content() })
  await macrotask()
  expect(isOpen).toBe(false)
  expect(errors).toEqual([])
})

function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
