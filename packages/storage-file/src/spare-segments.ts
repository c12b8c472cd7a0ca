// Spare segments: files of full length without a header, zeros or what an old segment leaves. Up to eight are kept.
import { readUpTo, sync, withFile, write } from './calls.js'
import type { File, FileSystem } from './file-system.js'
import { spareName } from './names.js'

const KEPT_MAX = 8
/**
 * Longer than any header. Where a header will stand there are zeros until it is written: an old one that came back to
 * life under a new name could not be told from a torn new one.
 */
const ERASED = Buffer.alloc(4096)
/** A segment that no spare was ready for is shorter by a part of a batch: so much is filled up. */
const LACKING_MAX_BYTES = 1024 * 1024

export class SpareSegments {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #segmentBytes: number
  /** Paths of those that can be used. */
  readonly #ready: string[] = []
  /** How many more are promised: being erased, or being renamed. */
  #coming = 0
  #lastNumber = 0
  #erasing: Promise<void> = Promise.resolve()

  constructor(fileSystem: FileSystem, directory: string, segmentBytes: number) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#segmentBytes = segmentBytes
  }

  get count(): number {
    return this.#ready.length
  }

  /** One to use, which the caller renames. */
  take(): string | undefined {
    return this.#ready.shift()
  }

  /** What the segment at `path` is to be called as a spare; undefined when it is not worth it, or there are enough. */
  async reserveFor(path: string): Promise<string | undefined> {
    const size = await withFile(this.#fileSystem, path, 'read', (file) => this.#fileSystem.size(file))
    return this.#lacks(size) <= LACKING_MAX_BYTES ? this.#reserve() : undefined
  }

  /** How many bytes a file is too short; Infinity when it is too long. */
  #lacks(size: number): number {
    return size <= this.#segmentBytes ? this.#segmentBytes - size : Number.POSITIVE_INFINITY
  }

  #reserve(): string | undefined {
    if (this.#ready.length + this.#coming >= KEPT_MAX) return undefined
    this.#coming++
    return `${this.#directory}/${spareName(++this.#lastNumber)}`
  }

  /** A new one: the file `from` is full of zeros, durably. Its new name need not be: the old one is removed when opening. */
  async add(from: string): Promise<void> {
    const path = this.#reserve()
    // Meanwhile old segments became spares.
    if (path === undefined) return this.#fileSystem.remove(from)
    try {
      await this.#fileSystem.rename(from, path)
      this.#ready.push(path)
    } finally {
      this.#coming--
    }
  }

  /** An old segment has the reserved name now, durably: from here on nobody misses its header. */
  recycle(path: string): void {
    this.#erasing = this.#erasing.then(async () => {
      await this.#addIf(path, async (file) => this.#erase(file))
      this.#coming--
    })
  }

  /**
   * Takes over what an earlier opening left. One that still has a header goes: it may be a second name of a segment, where
   * a file system's rename does not survive a crash in one piece.
   */
  async adopt(numbers: readonly number[]): Promise<void> {
    this.#lastNumber = numbers.at(-1) ?? 0
    for (const number of numbers) {
      const path = `${this.#directory}/${spareName(number)}`
      await this.#addIf(path, async (file) => {
        if (this.#ready.length >= KEPT_MAX) return false
        const start = Buffer.alloc(ERASED.length)
        await readUpTo(this.#fileSystem, file, start, 0)
        // Once more: zeros that are read may only be in the page cache.
        return start.equals(ERASED) && this.#erase(file)
      })
    }
  }

  /** Resolves when nothing is under way any more. What there is stays for the next opening. */
  settled(): Promise<void> {
    return this.#erasing
  }

  async #erase(file: File): Promise<boolean> {
    const size = await this.#fileSystem.size(file)
    const lacking = this.#lacks(size)
    if (lacking > LACKING_MAX_BYTES) return false
    if (lacking > 0) await write(this.#fileSystem, file, Buffer.alloc(lacking), size)
    await write(this.#fileSystem, file, ERASED, 0)
    await sync(this.#fileSystem, file)
    return true
  }

  /** Whatever goes wrong here costs speed, not data: there is one spare less. */
  async #addIf(path: string, prepare: (file: File) => Promise<boolean>): Promise<void> {
    const isReady = await withFile(this.#fileSystem, path, 'write', prepare).catch(() => false)
    if (isReady) this.#ready.push(path)
    else await this.#fileSystem.remove(path).catch(() => {})
  }
}
