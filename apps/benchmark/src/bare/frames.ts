// What the bare loop says on its sockets: batches behind their length one way, counts of batches the other.

export const LENGTH_BYTES = 4

/** A batch: the commands behind each other, behind their length. */
export function frameOf(commands: readonly Uint8Array[]): Buffer {
  let length = LENGTH_BYTES
  for (const command of commands) length += command.length
  const frame = Buffer.allocUnsafe(length)
  frame.writeUInt32LE(length - LENGTH_BYTES, 0)
  let at = LENGTH_BYTES
  for (const command of commands) {
    frame.set(command, at)
    at += command.length
  }
  return frame
}

/** Counts the frames that end in what a socket delivers, without copying anything. */
export class FrameCounter {
  readonly #head = Buffer.alloc(LENGTH_BYTES)
  #headLength = 0
  #remaining = 0

  count(chunk: Buffer): number {
    let frames = 0
    let at = 0
    while (at < chunk.length) {
      if (this.#headLength < LENGTH_BYTES) {
        this.#head[this.#headLength++] = chunk[at++]!
        if (this.#headLength === LENGTH_BYTES) this.#remaining = this.#head.readUInt32LE(0)
      } else {
        const taken = Math.min(this.#remaining, chunk.length - at)
        this.#remaining -= taken
        at += taken
      }
      if (this.#headLength < LENGTH_BYTES || this.#remaining > 0) continue
      this.#headLength = 0
      frames++
    }
    return frames
  }
}
