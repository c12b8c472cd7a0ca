// Storages that open for the wrong, tell the wrong, or read the wrong.
import { EntryBlock, type StorageIdentity, type StoredState } from '@riverraft/core'
import type { Alter } from '../suite.js'
import { altered, type Broken } from './altered.js'

/** One that tells something else than what it holds. */
function telling(change: (state: StoredState, identity: StorageIdentity) => Partial<StoredState>): Alter {
  return (storage) =>
    altered(storage, {
      open: async (identity) => {
        const state = await storage.open(identity)
        return { ...state, ...change(state, identity) }
      },
    })
}

export const BROKEN_OPENINGS_AND_READS: readonly Broken[] = [
  {
    what: 'opens for any node',
    caughtBy: 'another node or cluster does not open it, and it stays as it is',
    saying: /open with \{"nodeId":"b"\}: expected ERR_STORAGE_IDENTITY, got "no error/,
    alter: (storage, place) =>
      altered(storage, {
        open: (identity) => {
          const first = (place.get('identity') as StorageIdentity | undefined) ?? identity
          place.set('identity', first)
          return storage.open(first)
        },
      }),
  },
  {
    what: 'formats what must exist',
    caughtBy: 'an empty storage that must exist is not formatted',
    saying: /open, told that it must exist: expected ERR_STORAGE_EMPTY, got "no error/,
    alter: (storage) => altered(storage, { open: ({ mustExist: _, ...identity }) => storage.open(identity) }),
  },
  {
    what: 'has a new incarnation at every opening',
    caughtBy: 'opened again it returns everything, whatever it is told',
    saying: /"incarnation":"ffffffffffffffff"/,
    alter: telling((_, { incarnation }) => ({ incarnation })),
  },
  {
    what: 'believes the members it is told',
    caughtBy: 'opened again it returns everything, whatever it is told',
    saying: /got .*"members":\[\]/,
    alter: telling((_, { members }) => ({ members })),
  },
  {
    what: 'forgets the time of its log',
    caughtBy: 'opened again it returns everything, whatever it is told',
    saying: /got .*"lastTimestamp":0/,
    alter: telling(() => ({ lastTimestamp: 0 })),
  },
  {
    what: 'tells one run for each block',
    caughtBy: 'a truncation inside a block leaves the entries before it',
    saying: /runs, reopened/,
    alter: telling(({ runs }) => ({
      runs: runs.flatMap((run) => [
        { ...run, lastIndex: run.firstIndex },
        { ...run, firstIndex: run.firstIndex + 1 },
      ]),
    })),
  },
  {
    what: 'lets two in',
    caughtBy: 'of two instances on one place only one goes on',
    saying: /the second open: expected ERR_STORAGE_LOCKED|a write of the first, after the second has opened/,
    sabotage: (disk) => {
      const right = disk.fileSystem.bind(disk)
      disk.fileSystem = () => ({ ...right(), lock: async () => async () => {} })
    },
  },
  {
    what: 'reads a cut block as it was written',
    caughtBy: 'what was cut off does not come back under what follows',
    saying: /a block from 4 on stands after 10/,
    alter: (storage, place) =>
      altered(storage, {
        write: (batch, completed) => {
          for (const { block } of batch.blocks) place.set(String(block.firstIndex), block)
          storage.write(batch, completed)
        },
        read: async (from, bytesMax) => {
          const blocks = await storage.read(from, bytesMax)
          return blocks.map((one) => (place.get(String(one.firstIndex)) as EntryBlock | undefined) ?? one)
        },
      }),
  },
  {
    what: 'gives bytes that are not a valid block',
    caughtBy: 'a block comes back as the very bytes that were written',
    saying: /the block from 1 on is not valid/,
    alter: (storage) =>
      altered(storage, {
        read: async (from, bytesMax) =>
          (await storage.read(from, bytesMax)).map(({ bytes }) => {
            const wrong = bytes.slice()
            wrong[70] = wrong[70]! ^ 1
            return new EntryBlock(wrong)
          }),
      }),
  },
  {
    what: 'reads as much as there is',
    caughtBy: 'it begins with the block that holds the index, and ends when the bytes are used up',
    saying: /3 blocks of \d+ bytes/,
    alter: (storage) => altered(storage, { read: (from) => storage.read(from, 1_000_000) }),
  },
  {
    what: 'reads nothing rather than too much',
    caughtBy: 'at least one block comes, however large it is',
    saying: /read\(1, 1\)/,
    alter: (storage) =>
      altered(storage, {
        read: async (from, bytesMax) => {
          const blocks = await storage.read(from, bytesMax)
          return blocks.filter(({ byteLength }) => byteLength <= bytesMax)
        },
      }),
  },
  {
    what: 'compacts as far as it is told, snapshot or not',
    caughtBy: 'without a snapshot nothing goes',
    saying: /the log: expected/,
    alter: (storage, place) =>
      altered(storage, {
        compact: async (through) => {
          place.set('gone', through)
        },
        read: async (from, bytesMax) =>
          from <= ((place.get('gone') as number | undefined) ?? 0) ? [] : storage.read(from, bytesMax),
      }),
  },
]
