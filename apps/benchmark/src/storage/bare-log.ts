// The same bytes at the same pace without a storage: positioned O_DSYNC writes into a file of zeros, and nothing else.
import { close, constants, fdatasync, open, write, writev } from 'node:fs'
import { promisify } from 'node:util'
import type { EntryBlock } from '@riverraft/core'

/** What stands before each block in a log, and is not measured here: who makes it, and its checksum. */
const HEADER = Buffer.alloc(40, 1)
const SLICE_BYTES = 1024 * 1024
/** What one writev takes at most. */
const BUFFERS_MAX = 1024

const writesThrough = process.platform === 'linux'

export class BareLog {
  readonly #file: number
  readonly #bytes: number
  #position = 0

  private constructor(file: number, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /** Writes go round in `bytes` of zeros that are on the disk. */
  static async create(path: string, bytes: number): Promise<BareLog> {
    const zeros = new Uint8Array(SLICE_BYTES)
    const filler = await promisify(open)(path, 'w')
    for (let at = 0; at < bytes; at += SLICE_BYTES) {
      await promisify(write)(filler, zeros, 0, Math.min(SLICE_BYTES, bytes - at), at)
    }
    await promisify(fdatasync)(filler)
    await promisify(close)(filler)
    const flags = constants.O_RDWR | (writesThrough ? constants.O_DSYNC : 0)
    return new BareLog(await promisify(open)(path, flags), bytes)
  }

  append(blocks: readonly EntryBlock[], done: (error: Error | undefined) => void): void {
    const buffers: Uint8Array[] = []
    let length = 0
    for (const { bytes } of blocks) {
      buffers.push(HEADER, bytes)
      length += HEADER.length + bytes.length
    }
    if (buffers.length > BUFFERS_MAX) return done(new Error('more blocks than one call takes'))
    if (this.#position + length > this.#bytes) this.#position = 0
    writev(this.#file, buffers, this.#position, (error, written) => {
      if (error !== null) return done(error)
      if (written !== length) return done(new Error(`wrote ${written} of ${length} bytes`))
      this.#position += length
      if (writesThrough) done(undefined)
      else fdatasync(this.#file, (failed) => done(failed ?? undefined))
    })
  }

  async close(): Promise<void> {
    await promisify(close)(this.#file)
  }
}
