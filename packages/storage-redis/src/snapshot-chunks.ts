// Content comes in pieces of any size and is stored in chunks of one.

/** The bytes of `content` in chunks of `chunkBytes`, the last one shorter. Each is copied: its producer may go on. */
export async function* chunksOf(
  content: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(chunkBytes)
  let filled = 0
  for await (const piece of content) {
    for (let taken = 0; taken < piece.length; ) {
      const part = piece.subarray(taken, taken + chunkBytes - filled)
      chunk.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled === chunkBytes) {
        yield chunk
        chunk = new Uint8Array(chunkBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
