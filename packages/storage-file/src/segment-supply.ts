// Sees to it that a spare segment is there before it is needed: recycled, or zeros, written and synced in slices.
import { sync, withFile, write } from './calls.js'
import type { FileSystem } from './file-system.js'
import { FILLING_NAME } from './names.js'
import { SpareSegments } from './spare-segments.js'

const SLICE_BYTES = 1024 * 1024
const ZEROS = Buffer.alloc(SLICE_BYTES)

/**
 * Nobody waits for it. It goes as fast as it is needed: at once while there is no prepared segment in use, else it stays
 * twice as far ahead as the one in use is full, so that the disk is mostly free for the log.
 */
export class SegmentSupply {
  readonly spares: SpareSegments
  readonly #fileSystem: FileSystem
  readonly #path: string
  readonly #segmentBytes: number
  #state: 'idle' | 'filling' | 'failed' = 'idle'
  #filling: Promise<void> = Promise.resolve()
  #allowed = 0
  #wake: (() => void) | undefined
  #stopped = false

  constructor(fileSystem: FileSystem, directory: string, segmentBytes: number) {
    this.#fileSystem = fileSystem
    this.#path = `${directory}/${FILLING_NAME}`
    this.#segmentBytes = segmentBytes
    this.spares = new SpareSegments(fileSystem, directory, segmentBytes)
  }

  get ready(): boolean {
    return this.spares.count > 0
  }

  /** Says how full the segment in use is; Infinity when it is not a prepared one. Begins a spare if there is none. */
  inUse(bytes: number): void {
    this.#allowed = 2 * bytes + SLICE_BYTES
    if (this.#state === 'idle' && !this.ready && !this.#stopped) {
      this.#state = 'filling'
      this.#filling = this.#fill()
    }
    this.#wake?.()
  }

  /** A new segment is to be used. Returns a spare for it, which the caller renames; undefined when none is ready. */
  take(): string | undefined {
    // What failed is tried again once for each segment.
    if (this.#state === 'failed') this.#state = 'idle'
    return this.spares.take()
  }

  /** Ends. What is ready stays for the next opening. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#filling
    await this.spares.settled()
  }

  /** Whatever goes wrong here costs speed, not data: the log does without, and the next segment tries again. */
  async #fill(): Promise<void> {
    try {
      await withFile(this.#fileSystem, this.#path, 'create', async (file) => {
        for (let filled = 0; filled < this.#segmentBytes; filled += SLICE_BYTES) {
          while (filled >= this.#allowed && !this.#stopped) await this.#more()
          if (this.#stopped) throw new Error('the storage is being closed')
          const slice = ZEROS.subarray(0, Math.min(SLICE_BYTES, this.#segmentBytes - filled))
          await write(this.#fileSystem, file, slice, filled)
          await sync(this.#fileSystem, file)
        }
      })
      await this.spares.add(this.#path)
      this.#state = 'idle'
    } catch {
      await this.#fileSystem.remove(this.#path).catch(() => {})
      this.#state = 'failed'
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}
