// Opening: what an empty storage becomes, what a full one gives back, and who may open it.
import type { StoredState } from '@riverraft/core'
import { check, failsWith, hasCode, same } from '../assert.js'
import { type Contract, IDENTITY } from './bench.js'
import { batch, block, entries, logFrom, timestampOf, vote } from './entries.js'

const EMPTY = {
  formatted: true,
  incarnation: IDENTITY.incarnation,
  members: IDENTITY.members,
  hardState: { currentTerm: 0, votedFor: undefined },
  generation: 0,
  runs: [],
  snapshot: undefined,
  lastTimestamp: 0,
}

/** What `open` returned. The log has no membership entry, which a storage may tell or leave out. */
function sameState({ memberships = [], ...state }: StoredState, expected: object, what: string): void {
  same(state, expected, what)
  same(memberships, [], `${what}: memberships`)
}

export const opening: Contract = {
  'an empty storage is formatted with what it is given': async (bench) => {
    sameState(await bench.open(), EMPTY, 'open')
    same(await bench.storage.read(1, 1_000), [], 'read')
  },

  'an empty storage that must exist is not formatted': async (bench) => {
    const wanted = { ...IDENTITY, mustExist: true }
    for (let i = 0; i < 2; i++)
      await failsWith('ERR_STORAGE_EMPTY', () => bench.open(wanted), 'open, told that it must exist')
    sameState(await bench.open(), EMPTY, 'open')
    if (!bench.durable) return
    await bench.storage.close()
    bench.storage = bench.another()
    sameState(await bench.open(wanted), { ...EMPTY, formatted: false }, 'open of what exists')
  },

  'it says what it is': async ({ storage, durable }) => {
    check(storage.name.length > 0, 'name is empty')
    same(storage.durable, durable, 'durable, as declared')
  },

  'an open storage is not opened again': async (bench) => {
    await bench.open()
    await bench.written(vote(1, 'a'))
    await failsWith('ERR_STORAGE_LOCKED', () => bench.open(), 'open while it is open')
    await bench.written(batch([block(1, 2)]))
    same(await logFrom(bench.storage), entries(1, 2), 'the log')
  },

  'a storage is opened again after it was closed': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 2)]))
    await bench.storage.close()
    const { formatted, runs } = await bench.open()
    same(formatted, !bench.durable, 'formatted')
    same(runs, bench.durable ? [{ firstIndex: 1, lastIndex: 2, term: 1 }] : [], 'runs')
    await bench.written(batch([block(runs.length === 0 ? 1 : 3, 2)]))
  },
}

/** For storages whose content outlives `close`. */
export const reopening: Contract = {
  'opened again it returns everything, whatever it is told': async (bench) => {
    await bench.open()
    const hardState = { currentTerm: 7, votedFor: 'b' }
    const blocks = [block(1, 3, 1), block(4, 2, 1), block(6, 1, 5)]
    await bench.written({ ...batch(blocks), hardState })
    const expected = {
      ...EMPTY,
      formatted: false,
      hardState,
      runs: [
        { firstIndex: 1, lastIndex: 5, term: 1 },
        { firstIndex: 6, lastIndex: 6, term: 5 },
      ],
      lastTimestamp: timestampOf(6),
    }
    for (const time of ['once', 'twice']) {
      sameState(await bench.reopen(), expected, `open, reopened ${time}`)
      same(await logFrom(bench.storage), [...entries(1, 5), '6@5'], `the log, reopened ${time}`)
    }
  },

  'a storage that nothing was written to is formatted all the same': async (bench) => {
    await bench.open()
    sameState(await bench.reopen(), { ...EMPTY, formatted: false }, 'open, reopened')
  },

  'names of any script and length come back': async (bench) => {
    const id = 'ключ-鍵-🔑'.repeat(8)
    const members = [
      { id, address: '/dns/zürich.example/tcp/1?a="b"\\', role: 'voter' as const },
      // Which storage a member had: a node that joins under the id of an earlier one must not forget that it is not that one.
      { id: 'b', address: '', role: 'learner' as const, incarnation: '0123456789abcdef' },
    ]
    const identity = { ...IDENTITY, clusterId: 'commandes d’été', nodeId: id, members }
    await bench.open(identity)
    await bench.written(vote(1, id))
    await bench.storage.close()
    bench.storage = bench.another()
    const { hardState, members: stored } = await bench.open({ ...identity, members: [] })
    same(hardState, { currentTerm: 1, votedFor: id }, 'hard state')
    same(stored, members, 'members')
  },

  'another node or cluster does not open it, and it stays as it is': async (bench) => {
    await bench.open()
    await bench.written(vote(3, 'a'), batch([block(1, 2)]))
    await bench.storage.close()
    for (const other of [{ nodeId: 'b' }, { clusterId: 'payments' }]) {
      const what = `open with ${JSON.stringify(other)}`
      await failsWith('ERR_STORAGE_IDENTITY', () => bench.another().open({ ...IDENTITY, ...other }), what)
    }
    const { formatted, incarnation, hardState, runs } = await bench.reopen()
    same(
      { formatted, incarnation, hardState, runs },
      {
        formatted: false,
        incarnation: IDENTITY.incarnation,
        hardState: { currentTerm: 3, votedFor: 'a' },
        runs: [{ firstIndex: 1, lastIndex: 2, term: 1 }],
      },
      'what it holds',
    )
  },

  'of two instances on one place only one goes on': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 2)]))
    const second = bench.another()
    const opened = await second.open(IDENTITY).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (opened !== undefined) {
      hasCode(opened, 'ERR_STORAGE_LOCKED', 'the second open')
      await bench.written(batch([block(3, 1)]))
      same(await logFrom(bench.storage), entries(1, 3), 'the log of the first')
    } else {
      const what = 'a write of the first, after the second has opened'
      hasCode(await bench.write(batch([block(3, 1, 9)])), 'ERR_STORAGE_LOCKED', what)
      const error = await bench.write(batch([block(3, 1)]), second)
      check(error === undefined, `a write of the second failed with ${error?.message}`)
      same(await logFrom(second), entries(1, 3), 'the log of the second')
    }
  },
}
