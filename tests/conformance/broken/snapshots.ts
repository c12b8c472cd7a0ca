// Storages that keep snapshots wrongly.
import type { SnapshotMetadata, Storage, StoredSnapshot } from '@riverraft/core'
import { altered, type Broken, writing } from './altered.js'

interface Held {
  readonly metadata: SnapshotMetadata
  readonly chunks: Uint8Array[]
}

async function* contentOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** Takes every chunk as it comes, without a copy. */
async function held(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<Held> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return { metadata, chunks }
}

function opened(snapshot: Held | undefined): StoredSnapshot | undefined {
  return snapshot && { metadata: snapshot.metadata, content: contentOf(snapshot.chunks) }
}

/** Keeps snapshots beside the storage, which then does not know of them. */
function aside(storage: Storage, place: Map<string, unknown>): Storage {
  const newest = (): Held | undefined => place.get('snapshot') as Held | undefined
  return altered(storage, {
    open: async (identity) => ({ ...(await storage.open(identity)), snapshot: newest()?.metadata }),
    saveSnapshot: async (metadata, content) => {
      const { chunks } = await held(metadata, content)
      place.set('snapshot', { metadata, chunks: chunks.map((chunk) => chunk.slice()) })
    },
    openSnapshot: async () => opened(newest()),
  })
}

export const BROKEN_SNAPSHOTS: readonly Broken[] = [
  {
    what: 'shows a snapshot before it is complete',
    caughtBy: 'one that is being saved is not seen before it is whole',
    saying: /metadata of the newest snapshot: expected .*"index":2.*got .*"index":5/,
    alter: (storage) => {
      let under: Held | undefined
      return altered(storage, {
        saveSnapshot: async (metadata, content) => {
          const chunks: Uint8Array[] = []
          const noting = async function* (): AsyncGenerator<Uint8Array> {
            under = { metadata, chunks }
            for await (const chunk of content) {
              chunks.push(chunk.slice())
              yield chunk
            }
          }
          await storage.saveSnapshot(metadata, noting()).finally(() => {
            under = undefined
          })
        },
        openSnapshot: async () => opened(under) ?? storage.openSnapshot(),
      })
    },
  },
  {
    what: 'keeps what came of a snapshot that failed',
    caughtBy: 'one whose content fails leaves the one before it, and no harm',
    saying: /metadata of the newest snapshot: expected .*"index":2.*got .*"index":5/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: async (metadata, content) => {
          let failure: { readonly error: unknown } | undefined
          const cutOff = async function* (): AsyncGenerator<Uint8Array> {
            try {
              yield* content
            } catch (error) {
              failure = { error }
            }
          }
          await storage.saveSnapshot(metadata, cutOff())
          if (failure !== undefined) throw failure.error
        },
      }),
  },
  {
    what: 'hides what the content threw',
    caughtBy: 'one whose content fails leaves the one before it, and no harm',
    saying: /expected what its content threw/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: (metadata, content) =>
          storage.saveSnapshot(metadata, content).catch((cause: unknown) => {
            throw new Error('saving failed', { cause })
          }),
      }),
  },
  {
    what: 'takes the latest snapshot for the newest',
    caughtBy: 'the newest one counts, in whatever order they are saved',
    saying: /metadata of the newest snapshot: expected .*"index":8.*got .*"index":4/,
    alter: aside,
  },
  {
    what: 'does not copy the chunks that it is given',
    caughtBy: 'chunks may have any size, and their memory is used again',
    saying: /content of the snapshot of 4: byte 0/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: async (metadata, content) =>
          storage.saveSnapshot(metadata, contentOf((await held(metadata, content)).chunks)),
      }),
  },
  {
    what: 'stops at an empty chunk',
    caughtBy: 'chunks may have any size, and their memory is used again',
    saying: /length of the content of the snapshot of 4/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: (metadata, content) => {
          const untilEmpty = async function* (): AsyncGenerator<Uint8Array> {
            for await (const chunk of content) {
              if (chunk.length === 0) return
              yield chunk
            }
          }
          return storage.saveSnapshot(metadata, untilEmpty())
        },
      }),
  },
  {
    what: 'takes two snapshots at once',
    caughtBy: 'one is saved at a time, the others wait',
    saying: /2 contents are taken at once/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: async (metadata, content) => {
          const { chunks } = await held(metadata, content)
          await storage.saveSnapshot(metadata, contentOf(chunks))
        },
      }),
  },
  {
    what: 'says that a snapshot is saved before it is durable',
    caughtBy: 'power lost: a saved snapshot is there',
    saying: /the snapshot that open returns/,
    alter: (storage) =>
      altered(storage, {
        saveSnapshot: async (metadata, content) => {
          const { chunks } = await held(metadata, content)
          void storage.saveSnapshot(metadata, contentOf(chunks)).catch(() => {})
        },
      }),
  },
  {
    what: 'keeps a log that a snapshot has replaced',
    caughtBy: 'a log that ends before it: opening drops it',
    saying: /what open returns/,
    alter: aside,
  },
  {
    what: 'does not restart its log behind a snapshot',
    caughtBy: 'a log that ends before it: it restarts behind the snapshot',
    saying: /write: it failed with .*entries from 21 after 9/,
    alter: writing((batch) => ({ ...batch, restartBehind: undefined })),
  },
  {
    what: 'restarts its log behind the newest snapshot, and not where it is told to',
    caughtBy: 'a log that restarts where it ended, behind an older snapshot, keeps nothing',
    saying: /read\(1\): expected \[\], got/,
    alter: (storage) => {
      let newest = 0
      return altered(storage, {
        saveSnapshot: async (metadata, content) => {
          await storage.saveSnapshot(metadata, content)
          newest = metadata.index
        },
        write: (batch, completed) => {
          const { restartBehind, ...rest } = batch
          storage.write(restartBehind?.index === newest ? batch : rest, completed)
        },
      })
    },
  },
  {
    what: 'reads a snapshot to its end though it is closed',
    caughtBy: 'what is read of one ends with the storage',
    saying: /the next chunk after close: expected ERR_STORAGE, got "no error/,
    alter: (storage) =>
      altered(storage, {
        openSnapshot: async () => {
          const found = await storage.openSnapshot()
          return found && opened(await held(found.metadata, found.content))
        },
      }),
  },
  {
    what: 'gives out what it reads, damaged or not',
    caughtBy: 'a damaged snapshot is refused, or the log stands in for it',
    saying: /reading the damaged snapshot: expected ERR_STORAGE_CORRUPT, got "no error/,
    alter: aside,
  },
  {
    what: 'forgets a snapshot when it is closed',
    caughtBy: 'one comes back as it was saved, and leaves the log as it is',
    saying: /openSnapshot: there is none/,
    alter: (storage) => aside(storage, new Map()),
  },
]
