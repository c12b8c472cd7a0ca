// A batch of pieces as WebSocket messages.
import { MESSAGE_BYTES_MAX } from './protocol.js'

/**
 * The same bytes in the same order, in as few messages as the limit allows: nearly always one. The pieces are joined,
 * because each message costs a header and, from the dialling end, a mask, which copies the bytes anyway.
 */
export function messagesOf(
  pieces: readonly Uint8Array[],
  bytesMax: number = MESSAGE_BYTES_MAX,
): Uint8Array[] {
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  if (bytes === 0) return []
  const [only] = pieces
  const joined = pieces.length === 1 && only !== undefined ? only : join(pieces, bytes)
  if (bytes <= bytesMax) return [joined]
  const messages: Uint8Array[] = []
  for (let from = 0; from < bytes; from += bytesMax) messages.push(joined.subarray(from, from + bytesMax))
  return messages
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = Buffer.allocUnsafe(bytes)
  let offset = 0
  for (const piece of pieces) {
    joined.set(piece, offset)
    offset += piece.length
  }
  return joined
}
