// Storages that write, truncate or vote wrongly.
import { RaftError, type WriteBatch } from '@riverraft/core'
import { altered, type Broken, splitting, writing } from './altered.js'

const nothing: WriteBatch = { hardState: undefined, truncateFrom: undefined, blocks: [] }

export const BROKEN_WRITES: readonly Broken[] = [
  {
    what: 'loses the vote, and keeps the term',
    caughtBy: 'a vote is kept',
    saying: /hard state, reopened: expected .*"votedFor":"b".*got \{"currentTerm":4\}/,
    alter: writing((batch) => {
      const { hardState } = batch
      return hardState === undefined ? batch : { ...batch, hardState: { ...hardState, votedFor: undefined } }
    }),
  },
  {
    what: 'loses the vote that comes with entries',
    caughtBy: 'a vote is kept with the entries that came with it',
    saying: /hard state, reopened/,
    alter: writing((batch) => (batch.blocks.length === 0 ? batch : { ...batch, hardState: undefined })),
  },
  {
    what: 'does not take a vote back',
    caughtBy: 'a vote that was taken back stays taken back',
    saying: /expected \{"currentTerm":2\}/,
    alter: (storage, place) =>
      writing((batch) => {
        const { hardState } = batch
        if (hardState === undefined) return batch
        const votedFor = hardState.votedFor ?? (place.get('vote') as string | undefined)
        place.set('vote', votedFor)
        return { ...batch, hardState: { ...hardState, votedFor } }
      })(storage, place),
  },
  {
    what: 'tears a batch: the vote first, then the entries',
    caughtBy: 'power lost: a write under way is there as a whole or not at all',
    saying: /what is there, the power lost after \d+ ticks/,
    alter: splitting(({ hardState, ...rest }) => [
      { ...nothing, hardState },
      { ...rest, hardState: undefined },
    ]),
  },
  {
    what: 'tears a batch: it cuts first, and writes after that',
    caughtBy: 'beside a write it shows the log before or after it, never a mixture',
    saying: /beside a write/,
    alter: splitting((batch) => [
      { ...nothing, truncateFrom: batch.truncateFrom },
      { ...batch, truncateFrom: undefined },
    ]),
  },
  {
    what: 'tears a batch: it keeps the blocks before a wrong one',
    caughtBy: 'a wrong batch, a gap inside the batch',
    saying: /in another instance: expected/,
    alter: splitting(({ truncateFrom, blocks }) => [
      { ...nothing, truncateFrom },
      ...blocks.map((one) => ({ ...nothing, blocks: [one] })),
    ]),
  },
  {
    what: 'completes a write before it is durable',
    caughtBy: 'power lost: a completed write is there: a vote',
    saying: /hard state after loss 1/,
    alter: (storage) => {
      let last: Promise<unknown> = Promise.resolve()
      return altered(storage, {
        write: (batch, completed) => {
          last = last.then(() => new Promise((resolve) => storage.write(batch, resolve)))
          completed()
        },
      })
    },
  },
  {
    what: 'runs on a disk that does not sync',
    caughtBy: 'power lost: a formatted storage stays formatted',
    saying: /it is not whole/,
    writesThrough: false,
    sabotage: (disk) => {
      const right = disk.fileSystem.bind(disk)
      disk.fileSystem = () => ({ ...right(), sync: (_file, done) => done() })
    },
  },
  {
    what: 'does not make the names of its files durable',
    caughtBy: 'power lost: a formatted storage stays formatted',
    saying: /what open returns/,
    sabotage: (disk) => {
      disk.syncNames = () => {}
    },
  },
  {
    what: 'truncates one entry too many',
    caughtBy: 'a truncation without new blocks is the end of the log, and of its time',
    saying: /the log: expected \["1@1","2@1","3@1","4@1"\], got \["1@1","2@1","3@1"\]/,
    alter: writing((batch) => {
      const { truncateFrom, blocks } = batch
      if (truncateFrom === undefined || truncateFrom < 3 || blocks.length > 0) return batch
      return { ...batch, truncateFrom: truncateFrom - 1 }
    }),
  },
  {
    what: 'truncates only when something follows',
    caughtBy: 'what was cut off does not come back under what follows',
    saying: /read\(4\) after the cut/,
    alter: writing((batch) => (batch.blocks.length > 0 ? batch : { ...batch, truncateFrom: undefined })),
  },
  {
    what: 'calls completed twice',
    caughtBy: 'an empty batch, and one of a hard state alone, are writes like any other',
    saying: /completed was called 2 times/,
    alter: (storage) =>
      altered(storage, {
        write: (batch, completed) =>
          storage.write(batch, (error) => {
            completed(error)
            completed(error)
          }),
      }),
  },
  {
    what: 'throws what it should tell',
    caughtBy: 'before open every call fails, and closing does not',
    saying: /write threw/,
    alter: (storage) =>
      altered(storage, {
        write: (batch, completed) => {
          let early: Error | undefined
          let returned = false
          storage.write(batch, (error) => {
            if (returned || error === undefined) completed(error)
            else early = error
          })
          returned = true
          if (early !== undefined) throw early
        },
      }),
  },
  {
    what: 'says nothing of a write that failed',
    caughtBy: 'a write that fails is told, and poisons',
    saying: /the write that fails: expected ERR_STORAGE, got undefined/,
    alter: (storage) =>
      altered(storage, { write: (batch, completed) => storage.write(batch, () => completed()) }),
  },
  {
    what: 'reads on after a write that failed',
    caughtBy: 'a write that fails is told, and poisons',
    saying: /read when poisoned: expected ERR_STORAGE, got "no error/,
    alter: (storage) =>
      altered(storage, { read: (from, bytesMax) => storage.read(from, bytesMax).catch(() => []) }),
  },
  {
    what: 'goes on after a write that failed',
    caughtBy: 'a wrong batch, a gap: refused as a whole, and the storage is poisoned',
    saying: /a write when poisoned/,
    alter: (storage) => {
      let last = 0
      return altered(storage, {
        write: (batch, completed) => {
          const first = batch.blocks[0]?.firstIndex ?? 0
          if (first > last + 1) return completed(new RaftError('ERR_STORAGE', 'a gap'))
          last = batch.blocks.at(-1)?.block.lastIndex ?? last
          storage.write(batch, completed)
        },
      })
    },
  },
]
