// Storages that forget in which generation the cluster is, or do not know where its members are written.
import type { LogIndex, Storage, StoredState, WriteBatch } from '@riverraft/core'
import type { Alter } from '../suite.js'
import { altered, type Broken, splitting, writing } from './altered.js'

const nothing: WriteBatch = { hardState: undefined, truncateFrom: undefined, blocks: [] }

/** Tells other membership entries than the log has: `noted` are all that were ever written. */
function telling(change: (noted: readonly LogIndex[], state: StoredState) => LogIndex[]): Alter {
  return (storage, place) => {
    const noted = (): LogIndex[] => (place.get('noted') as LogIndex[] | undefined) ?? []
    return altered(storage, {
      open: async (identity) => {
        const state = await storage.open(identity)
        return { ...state, memberships: change(noted(), state) }
      },
      write: (batch, completed) => {
        const found = batch.blocks.filter(({ block }) => block.members !== undefined)
        const all = new Set([...noted(), ...found.map(({ firstIndex }) => firstIndex)])
        place.set(
          'noted',
          [...all].sort((a, b) => a - b),
        )
        storage.write(batch, completed)
      },
    })
  }
}

export const BROKEN_GENERATION_AND_MEMBERS: readonly Broken[] = [
  {
    what: 'is formatted in generation 0, whatever it is told',
    caughtBy: 'a storage is formatted in the generation it is told',
    saying: /generation: expected 3, got 0/,
    alter: (storage) =>
      altered(storage, { open: ({ generation: _, ...identity }) => storage.open(identity) }),
  },
  {
    what: 'loses the generation when it is opened again',
    caughtBy: 'a generation is kept, with what came with it',
    saying: /generation, reopened once: expected 1, got 0/,
    alter: (storage) =>
      altered(storage, { open: async (identity) => ({ ...(await storage.open(identity)), generation: 0 }) }),
  },
  {
    what: 'takes the vote back with a new generation',
    caughtBy: 'a generation that comes alone leaves term and vote as they are',
    saying: /hard state, reopened/,
    alter: writing((batch) => {
      const { generation, hardState = { currentTerm: 0, votedFor: undefined } } = batch
      return generation === undefined ? batch : { ...batch, hardState }
    }),
  },
  {
    what: 'forgets the generation with the next vote',
    caughtBy: 'a batch without a generation leaves it as it is, over any number of openings',
    saying: /generation in term 2: expected 9007199254740991, got 0/,
    alter: writing(({ generation, ...batch }) => ({
      ...batch,
      generation: batch.hardState === undefined ? generation : (generation ?? 0),
    })),
  },
  {
    what: 'writes the generation after its batch',
    caughtBy: 'power lost: a generation is there with its whole batch, or none of it is',
    saying: /what is there, the power lost after \d+ ticks/,
    alter: splitting(({ generation, ...batch }) =>
      generation === undefined ? [batch] : [batch, { ...nothing, generation }],
    ),
  },
  {
    what: 'writes the generation before its batch',
    caughtBy: 'power lost: a generation is there with its whole batch, or none of it is',
    saying: /what is there, the power lost after \d+ ticks/,
    alter: splitting(({ generation, ...batch }) =>
      generation === undefined ? [batch] : [{ ...nothing, generation }, batch],
    ),
  },
  {
    what: 'tells of no membership entry',
    caughtBy: 'membership entries are told of, and nothing else is',
    saying: /memberships, reopened: expected \[1,5,6\], got \[\]/,
    alter: telling(() => []),
  },
  {
    what: 'takes the beginning of each term for a membership entry',
    caughtBy: 'membership entries are told of, and nothing else is',
    saying: /memberships, reopened: expected \[1,5,6,8\], got \[1,5,6,7,8\]/,
    alter: telling((noted, { runs }) =>
      [...new Set([...noted, ...runs.map(({ firstIndex }) => firstIndex)])].sort((a, b) => a - b),
    ),
  },
  {
    what: 'tells of membership entries that were cut off',
    caughtBy: 'a membership entry that was cut off is not told of any more',
    saying: /memberships, reopened: expected \[3\], got \[3,5\]/,
    alter: telling((noted) => [...noted]),
  },
  {
    what: 'tells of membership entries that were compacted away',
    caughtBy: 'a membership entry that was compacted away is not told of any more',
    saying: /memberships, reopened: expected \[(4,)?7\], got \[1,4,7\]/,
    alter: telling((noted) => [...noted]),
  },
  {
    what: 'tells of membership entries from before its log restarted',
    caughtBy: 'a log that restarts behind a snapshot tells of its own membership entries alone',
    saying: /memberships, reopened: expected \[22\], got \[1,5,22\]/,
    alter: telling((noted) => [...noted]),
  },
  {
    what: 'keeps the snapshot, and the members it began with',
    caughtBy: 'a membership entry that was compacted away is not told of any more',
    saying: /the snapshot that open tells, with its members/,
    alter: (storage: Storage) =>
      altered(storage, {
        open: async (identity) => {
          const state = await storage.open(identity)
          const { snapshot, members } = state
          return { ...state, snapshot: snapshot && { ...snapshot, members } }
        },
      }),
  },
]
