// Reads a stored snapshot, chunk by chunk, for as long as the storage is open.
import type { File, FileSystem } from './file-system.js'
import { readSnapshotContent, readSnapshotHeader, type SnapshotOwner } from './snapshot-file.js'

/** All that are being read; they hold files, which end with the storage. */
export class SnapshotReaders {
  readonly #fileSystem: FileSystem
  readonly #owner: SnapshotOwner
  readonly #close = new Set<() => Promise<void>>()

  constructor(fileSystem: FileSystem, owner: SnapshotOwner) {
    this.#fileSystem = fileSystem
    this.#owner = owner
  }

  /** `check` throws when no more may be read. */
  async *content(path: string, check: () => void): AsyncGenerator<Uint8Array, void, undefined> {
    check()
    const file = await this.#fileSystem.open(path, 'read')
    const lease = new Lease(this.#fileSystem, file)
    const close = (): Promise<void> => lease.end()
    this.#close.add(close)
    try {
      const chunks = this.#chunks(file, path)
      for (;;) {
        check()
        const next = await lease.use(() => chunks.next())
        check()
        if (next.done) return
        yield next.value
      }
    } finally {
      this.#close.delete(close)
      await lease.end()
    }
  }

  async *#chunks(file: File, path: string): AsyncGenerator<Uint8Array, void, undefined> {
    const header = await readSnapshotHeader(this.#fileSystem, file, path, this.#owner)
    yield* readSnapshotContent(this.#fileSystem, file, path, header)
  }

  /** Closes what is open, once it is not being read from. */
  async end(): Promise<void> {
    await Promise.all([...this.#close].map((close) => close()))
  }
}

/** An open file that is closed once, and never during a call. */
class Lease {
  readonly #fileSystem: FileSystem
  readonly #file: File
  #using: Promise<unknown> = Promise.resolve()
  #ended: Promise<void> | undefined

  constructor(fileSystem: FileSystem, file: File) {
    this.#fileSystem = fileSystem
    this.#file = file
  }

  use<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = call()
    this.#using = result.catch(() => {})
    return result
  }

  end(): Promise<void> {
    this.#ended ??= this.#using.then(() => this.#fileSystem.close(this.#file))
    return this.#ended
  }
}
