// A file storage under measurement: it appends one batch after another, and gives back what it has, as a node does.
import type { EntryBlock } from '@riverraft/core'
import { type FileStorage, fileStorage } from '@riverraft/storage-file'
import { Batches, batchOf } from './batches.js'

const identity = { clusterId: 'benchmark', nodeId: 'a', members: [], incarnation: '0011223344556677' }

export class MeasuredLog {
  readonly storage: FileStorage
  readonly batches: Batches = new Batches()

  private constructor(storage: FileStorage) {
    this.storage = storage
  }

  static async create(directory: string, segmentBytes: number): Promise<MeasuredLog> {
    const storage = fileStorage({ directory, segmentBytes })
    await storage.open(identity)
    return new MeasuredLog(storage)
  }

  append(blocks: readonly EntryBlock[], done: (error: Error | undefined) => void): void {
    this.storage.write(batchOf(blocks), done)
  }

  /** Everything so far is in a snapshot: its segments become free. */
  async compact(): Promise<void> {
    const metadata = { index: this.batches.lastIndex, term: 1, members: [], timestamp: 1 }
    await this.storage.saveSnapshot(metadata, none())
    await this.storage.compact(metadata.index)
  }

  close(): Promise<void> {
    return this.storage.close()
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}

type Append = (blocks: readonly EntryBlock[], done: (error: Error | undefined) => void) => void

/** Appends them one after another, each when the one before is durable; resolves with the milliseconds it took. */
export function appendAll(append: Append, batches: readonly (readonly EntryBlock[])[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    let at = 0
    const next = (error?: Error): void => {
      if (error !== undefined) reject(error)
      else if (at === batches.length) resolve(performance.now() - start)
      else append(batches[at++]!, next)
    }
    next()
  })
}
