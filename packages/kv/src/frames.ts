// Frames of a stream that is cut anywhere: a u32 length, little endian, and so many bytes.
import { RaftError } from '@riverraft/core'

const LENGTH_BYTES = 4
/** An entry is at most a command; frames end with the entry that fills them. */
const FRAME_BYTES_MAX = 1024 * 1024 * 1024

/** @throws RaftError ERR_STORAGE_CORRUPT when the stream ends within a frame */
export async function* frames(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let have = 0
  let need = LENGTH_BYTES
  let length: number | undefined
  for await (const chunk of content) {
    parts.push(chunk)
    have += chunk.length
    while (have >= need) {
      const bytes = joined(parts, have)
      const taken = bytes.subarray(0, need)
      const rest = bytes.subarray(need)
      parts = [rest]
      have = rest.length
      if (length === undefined) {
        length = new DataView(taken.buffer, taken.byteOffset).getUint32(0, true)
        if (length > FRAME_BYTES_MAX) throw damaged(`a frame of ${length} bytes`)
        need = length
      } else {
        length = undefined
        need = LENGTH_BYTES
        yield taken
      }
    }
  }
  if (have > 0 || length !== undefined) throw damaged('it ends too early')
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

export function damaged(what: string): RaftError {
  return new RaftError('ERR_STORAGE_CORRUPT', `kv: not a whole snapshot: ${what}`)
}
