// The least a durable log can do: one O_DSYNC write per batch, into space that exists already.
import { close, constants, open, write, writev } from 'node:fs'
import { promisify } from 'node:util'

/** Writes go round in it: no log grows, no metadata changes. */
const FILE_BYTES = 32 * 1024 * 1024

export class Disk {
  readonly #descriptor: number
  #position = 0
  #writing = false
  #waiting: { readonly bytes: Uint8Array; readonly done: () => void }[] = []

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  static async create(file: string): Promise<Disk> {
    const filler = await promisify(open)(file, 'w')
    await promisify(write)(filler, new Uint8Array(FILE_BYTES), 0, FILE_BYTES, 0)
    await promisify(close)(filler)
    return new Disk(await promisify(open)(file, constants.O_WRONLY | (constants.O_DSYNC ?? constants.O_SYNC)))
  }

  /** One write is in flight at a time; what comes meanwhile is written together. */
  append(bytes: Uint8Array, done: () => void): void {
    this.#waiting.push({ bytes, done })
    if (!this.#writing) this.#write()
  }

  #write(): void {
    const batch = this.#waiting
    this.#waiting = []
    const length = batch.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (this.#position + length > FILE_BYTES) this.#position = 0
    this.#writing = true
    writev(
      this.#descriptor,
      batch.map(({ bytes }) => bytes),
      this.#position,
      (error, written) => {
        if (error !== null) throw error
        if (written !== length) throw new Error(`wrote ${written} of ${length} bytes`)
        this.#position += length
        this.#writing = false
        if (this.#waiting.length > 0) this.#write()
        for (const { done } of batch) done()
      },
    )
  }
}
