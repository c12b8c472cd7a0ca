// Snapshots: streamed in and out, each as a whole or not there.
import type { Member } from '@riverraft/core'
import { check, failsWith, hasCode, same } from '../assert.js'
import type { Contract } from './bench.js'
import { batch, block, entries, logFrom, vote } from './entries.js'
import { bytes, chunks, collect, expectSnapshot, metadataOf, reused } from './snapshot-content.js'

export const snapshots: Contract = {
  'there is none at first': async (bench) => {
    await bench.open()
    same(await bench.storage.openSnapshot(), undefined, 'openSnapshot')
  },

  'one comes back as it was saved, and leaves the log as it is': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 4), block(5, 2)]))
    // Of a change that is under way: every role, with and without what may be said of a member besides.
    const members = Array.from({ length: 9 }, (_, i): Member => {
      const role = (['voter', 'learner', 'leaving'] as const)[i % 3]!
      const isOutgoing = role === 'leaving' || i > 4
      return {
        id: `n${i}`,
        address: `/ip4/10.0.0.${i}/tcp/7001/p2p/é`,
        role,
        ...(isOutgoing ? { outgoing: true } : {}),
        ...(i % 2 === 0 ? { incarnation: `fedcba987654321${i}` } : {}),
      }
    })
    const metadata = { ...metadataOf(4), members }
    await bench.storage.saveSnapshot(metadata, chunks('the ', 'state'))
    await bench.always(async (storage) => {
      await expectSnapshot(storage, metadata, 'the state')
      same(await logFrom(storage), entries(1, 6), 'the log')
    })
    if (bench.durable) same((await bench.reopen()).snapshot, metadata, 'the snapshot that open tells')
  },

  'one without content is a snapshot': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 4)]))
    await bench.storage.saveSnapshot(metadataOf(4), chunks())
    await bench.always((storage) => expectSnapshot(storage, metadataOf(4), ''))
  },

  'chunks may have any size, and their memory is used again': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 4)]))
    const parts = [0, 1, 70_000, 0, 0, 3, 1_048_576, 4_095, 1, 0].map((length, i) => bytes(length, i))
    await bench.storage.saveSnapshot(metadataOf(4), reused(parts))
    const expected = await collect(chunks(...parts))
    await bench.always((storage) => expectSnapshot(storage, metadataOf(4), expected))
  },

  'the newest one counts, in whatever order they are saved': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    for (const index of [2, 5, 8]) await bench.storage.saveSnapshot(metadataOf(index), chunks(`at ${index}`))
    await bench.storage.saveSnapshot(metadataOf(4), chunks('late'))
    await bench.always((storage) => expectSnapshot(storage, metadataOf(8), 'at 8'))
  },

  'one that is being saved is not seen before it is whole': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('first'))
    const look = (): Promise<void> => expectSnapshot(bench.storage, metadataOf(2), 'first')
    const looking = async function* (): AsyncGenerator<Uint8Array> {
      await look()
      yield* chunks('sec', bytes(300_000, 1))
      await look()
      yield* chunks('ond')
      await look()
    }
    await bench.storage.saveSnapshot(metadataOf(5), looking())
    same((await bench.storage.openSnapshot())?.metadata.index, 5, 'index of the newest snapshot')
  },

  'one whose content fails leaves the one before it, and no harm': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('whole'))
    for (const before of [[], ['a'], [bytes(1_200_000, 1), 'a']]) {
      const bang = new Error('bang')
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield* chunks(...before)
        throw bang
      }
      const thrown = await bench.storage.saveSnapshot(metadataOf(5), failing()).then(
        () => 'nothing',
        (error: unknown) => error,
      )
      check(thrown === bang, `saveSnapshot: expected what its content threw, got ${String(thrown)}`)
    }
    await bench.written(vote(3, 'a'))
    await bench.always((storage) => expectSnapshot(storage, metadataOf(2), 'whole'))
    await bench.storage.saveSnapshot(metadataOf(5), chunks('again'))
    await bench.always((storage) => expectSnapshot(storage, metadataOf(5), 'again'))
  },

  'one is saved at a time, the others wait': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    let under = 0
    const counted = async function* (index: number): AsyncGenerator<Uint8Array> {
      under++
      check(under === 1, `${under} contents are taken at once`)
      yield* chunks('at ')
      await bench.storage.read(1, 1)
      yield* chunks(String(index))
      under--
    }
    const save = (index: number): Promise<void> =>
      bench.storage.saveSnapshot(metadataOf(index), counted(index))
    // Two of the same index as well: two leaders may send the same one.
    await Promise.all([3, 5, 5, 6].map(save))
    await bench.always((storage) => expectSnapshot(storage, metadataOf(6), 'at 6'))
  },

  'writes and reads go on beside it': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 4)]))
    const writing = async function* (): AsyncGenerator<Uint8Array> {
      for (let first = 5; first < 11; first += 2) {
        await bench.written({ ...batch([block(first, 2)]), hardState: { currentTerm: first, votedFor: 'a' } })
        same(await logFrom(bench.storage), entries(1, first + 1), 'the log beside a snapshot')
        yield* chunks(`${first} `)
      }
    }
    await bench.storage.saveSnapshot(metadataOf(4), writing())
    await bench.always(async (storage) => {
      await expectSnapshot(storage, metadataOf(4), '5 7 9 ')
      same(await logFrom(storage), entries(1, 10), 'the log')
    })
  },

  'whoever reads one can finish beside a newer one': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    const first = bytes(2_500_000, 1)
    await bench.storage.saveSnapshot(metadataOf(2), chunks(first))
    const opened = await bench.storage.openSnapshot()
    const seen = async function* (): AsyncGenerator<Uint8Array> {
      let saved = false
      for await (const chunk of opened!.content) {
        if (!saved) await bench.storage.saveSnapshot(metadataOf(4), chunks('newer'))
        saved = true
        yield chunk
      }
    }
    const found = await collect(seen())
    const unequal = found.findIndex((byte, i) => byte !== first[i])
    check(
      unequal < 0 && found.length === first.length,
      'the reader of the older snapshot got another content',
    )
  },

  'beside two newer ones it finishes too, or fails clearly': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('first'))
    const opened = await bench.storage.openSnapshot()
    for (const index of [4, 6]) await bench.storage.saveSnapshot(metadataOf(index), chunks(`at ${index}`))
    await collect(opened!.content).then(
      (found) => same(new TextDecoder().decode(found), 'first', 'content of the older snapshot'),
      (error: unknown) => hasCode(error, 'ERR_STORAGE', 'reading the older snapshot'),
    )
    await bench.always((storage) => expectSnapshot(storage, metadataOf(6), 'at 6'))
  },

  'reading may be left half way': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    const content = bytes(1_500_000, 1)
    await bench.storage.saveSnapshot(metadataOf(2), chunks(content))
    for await (const chunk of (await bench.storage.openSnapshot())!.content) {
      check(chunk.length > 0, 'the first chunk is empty')
      break
    }
    await bench.always((storage) => expectSnapshot(storage, metadataOf(2), content))
  },
}

/** Nobody gives it out in one chunk. */
const LONG = [1, 2, 3, 4, 5].map((seed) => bytes(600_000, seed))

export const snapshotsAtTheEnd: Contract = {
  'closing gives up one whose next chunk never comes': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('whole'))
    let waits!: () => void
    const waiting = new Promise<void>((resolve) => {
      waits = resolve
    })
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks('half')
      waits()
      await new Promise(() => {})
    }
    const saving = bench.storage.saveSnapshot(metadataOf(5), endless())
    const settled = failsWith('ERR_STORAGE', () => saving, 'saveSnapshot at close')
    const next = failsWith(
      'ERR_STORAGE',
      () => bench.storage.saveSnapshot(metadataOf(6), chunks('waits')),
      'saveSnapshot that waits, at close',
    )
    await waiting
    await bench.storage.close()
    await Promise.all([settled, next])
    if (!bench.durable) return
    await bench.reopen()
    await expectSnapshot(bench.storage, metadataOf(2), 'whole')
  },

  'closing leaves the content that it gives up': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    let left = false
    let begin!: () => void
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const content: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          begin()
          return { done: false, value: new Uint8Array(100) }
        },
        return: async () => {
          left = true
          return { done: true, value: undefined }
        },
      }),
    }
    const saving = bench.storage.saveSnapshot(metadataOf(5), content)
    const settled = failsWith('ERR_STORAGE', () => saving, 'saveSnapshot at close')
    await begun
    await bench.storage.close()
    await settled
    check(left, 'the content was not left (return)')
  },

  'what is read of one ends with the storage': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks(...LONG))
    const begun = (await bench.storage.openSnapshot())!.content[Symbol.asyncIterator]()
    const notBegun = (await bench.storage.openSnapshot())!.content[Symbol.asyncIterator]()
    check(!(await begun.next()).done, 'the content is empty')
    await bench.storage.close()
    await failsWith('ERR_STORAGE', () => begun.next(), 'the next chunk after close')
    await failsWith('ERR_STORAGE', () => notBegun.next(), 'the first chunk after close')
  },

  'what is read of one ends when the storage is poisoned': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks(...LONG))
    const begun = (await bench.storage.openSnapshot())!.content[Symbol.asyncIterator]()
    check(!(await begun.next()).done, 'the content is empty')
    hasCode(await bench.write(batch([block(99, 1)])), 'ERR_STORAGE', 'a wrong batch')
    await failsWith('ERR_STORAGE', () => begun.next(), 'the next chunk when poisoned')
  },
}
