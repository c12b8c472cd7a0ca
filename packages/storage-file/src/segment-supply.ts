// Prepares the next segment: zeros, written and synced in slices, so that appending to it does not change its size.
import { sync, write } from './calls.js'
import type { FileSystem } from './file-system.js'
import { SPARE_NAME } from './names.js'

const SLICE_BYTES = 1024 * 1024
const ZEROS = Buffer.alloc(SLICE_BYTES)

/**
 * Nobody waits for it. It goes as fast as it is needed: at once while there is no prepared segment in use, else it stays
 * twice as far ahead as the one in use is full, so that the disk is mostly free for the log.
 */
export class SegmentSupply {
  readonly path: string
  readonly #fileSystem: FileSystem
  readonly #segmentBytes: number
  #state: 'none' | 'filling' | 'ready' | 'failed' = 'none'
  #filling: Promise<void> = Promise.resolve()
  #allowed = 0
  #wake: (() => void) | undefined
  #stopped = false

  constructor(fileSystem: FileSystem, directory: string, segmentBytes: number) {
    this.#fileSystem = fileSystem
    this.path = `${directory}/${SPARE_NAME}`
    this.#segmentBytes = segmentBytes
  }

  get ready(): boolean {
    return this.#state === 'ready'
  }

  /** Says how full the segment in use is; Infinity when it is not a prepared one. Begins a new one if there is none. */
  inUse(bytes: number): void {
    this.#allowed = 2 * bytes + SLICE_BYTES
    if (this.#state === 'none' && !this.#stopped) {
      this.#state = 'filling'
      this.#filling = this.#fill()
    }
    this.#wake?.()
  }

  /** A new segment is in use. Returns whether the spare is: it belongs to the caller then, who renames it. */
  take(): boolean {
    const { ready } = this
    if (ready || this.#state === 'failed') this.#state = 'none'
    return ready
  }

  /** Ends, and removes what there is. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#filling
    if (this.#state === 'ready') await this.#fileSystem.remove(this.path).catch(() => {})
    this.#state = 'none'
  }

  /** Whatever goes wrong here costs speed, not data: the log does without, and the next segment tries again. */
  async #fill(): Promise<void> {
    const fileSystem = this.#fileSystem
    try {
      const file = await fileSystem.open(this.path, 'create')
      try {
        for (let filled = 0; filled < this.#segmentBytes; filled += SLICE_BYTES) {
          while (filled >= this.#allowed && !this.#stopped) await this.#more()
          if (this.#stopped) break
          const slice = ZEROS.subarray(0, Math.min(SLICE_BYTES, this.#segmentBytes - filled))
          await write(fileSystem, file, slice, filled)
          await sync(fileSystem, file)
        }
      } finally {
        await fileSystem.close(file)
      }
      if (!this.#stopped) {
        this.#state = 'ready'
        return
      }
    } catch {}
    await fileSystem.remove(this.path).catch(() => {})
    this.#state = 'failed'
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}
