// The snapshots of a directory: the two newest, each whole or not there.
import { hasCode, type SnapshotMetadata, type StoredSnapshot } from '@riverraft/core'
import { createFile, withFile } from './calls.js'
import type { FileSystem } from './file-system.js'
import { type SnapshotName, snapshotName, snapshotsAmong, UNFINISHED } from './names.js'
import {
  readSnapshotContent,
  readSnapshotHeader,
  type SnapshotOwner,
  writeSnapshot,
} from './snapshot-file.js'
import { SnapshotReaders } from './snapshot-reader.js'

const KEPT = 2

export class Snapshots {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #owner: SnapshotOwner
  readonly #readers: SnapshotReaders
  /** The newest one that is whole. */
  newest: SnapshotMetadata | undefined
  /** Those above the newest whole one, by their names. */
  readonly damaged: (SnapshotName & { readonly error: Error })[] = []

  constructor(fileSystem: FileSystem, directory: string, owner: SnapshotOwner) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#owner = owner
    this.#readers = new SnapshotReaders(fileSystem, owner)
  }

  /** Reads through the newest one, and the one before only when that is damaged. */
  async find(names: readonly string[]): Promise<void> {
    for (const found of snapshotsAmong(names)) {
      try {
        this.newest = await this.#verify(found)
        return
      } catch (error) {
        if (!hasCode(error, 'ERR_STORAGE_CORRUPT')) throw error
        this.damaged.push({ ...found, error: error as Error })
      }
    }
  }

  async #verify({ name }: SnapshotName): Promise<SnapshotMetadata> {
    const path = `${this.#directory}/${name}`
    return withFile(this.#fileSystem, path, 'read', async (file) => {
      const header = await readSnapshotHeader(this.#fileSystem, file, path, this.#owner)
      for await (const _ of readSnapshotContent(this.#fileSystem, file, path, header)) {
        // Reading it is checking it.
      }
      return header.metadata
    })
  }

  /** One at a time. What `content` throws is thrown on as it is, and nothing is left of the snapshot. */
  async save(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    const name = snapshotName(metadata)
    await createFile(this.#fileSystem, this.#directory, name, name + UNFINISHED, (file) =>
      writeSnapshot(this.#fileSystem, file, this.#owner, metadata, content),
    )
    const replaced = this.damaged.findIndex((one) => one.name === name)
    if (replaced >= 0) this.damaged.splice(replaced, 1)
    if (this.newest === undefined || this.newest.index <= metadata.index) this.newest = metadata
    await this.#removeOld()
  }

  async #removeOld(): Promise<void> {
    const names = await this.#fileSystem.list(this.#directory)
    const damaged = new Set(this.damaged.map(({ name }) => name))
    const whole = snapshotsAmong(names).filter(({ name }) => !damaged.has(name))
    const old = [...whole.slice(KEPT).map(({ name }) => name), ...damaged]
    if (old.length === 0) return
    for (const name of old) await this.#fileSystem.remove(`${this.#directory}/${name}`)
    await this.#fileSystem.syncDirectory(this.#directory)
    this.damaged.length = 0
  }

  /** Its content can be read while `check` does not throw. */
  async open(check: () => void): Promise<StoredSnapshot | undefined> {
    if (this.newest === undefined) return undefined
    const path = `${this.#directory}/${snapshotName(this.newest)}`
    const { metadata } = await withFile(this.#fileSystem, path, 'read', (file) =>
      readSnapshotHeader(this.#fileSystem, file, path, this.#owner),
    )
    return { metadata, content: this.#readers.content(path, check) }
  }

  /** None is read any more. */
  close(): Promise<void> {
    return this.#readers.end()
  }
}
