// A frame: what one node has to say to one peer after one turn. Transports carry it whole.
//
//   0  u8   version (1)        8  8 bytes  incarnation of the sender
//   1  u8   reserved, 0       16  messages: u8 type, u8 reserved, u32 body length, body, then its payloads (blocks, a chunk)
//   2  u16  message count
//   4  u32  group (0)
import { ByteReader, ByteWriter, decodeError, plain } from './bytes.js'
import type { Incarnation } from './hello.js'
import { FRAME_BYTES_MAX, FRAME_MESSAGES_MAX } from './limits.js'
import { decodeBody, encodeBody, typeByte } from './message-codec.js'
import { isBulk, isHeartbeat, type PeerMessage, payloadsOf } from './messages.js'

export const FRAME_VERSION = 1

/** Payloads up to this size are copied next to their message: cheaper than one more buffer to write. */
const COPY_BYTES_MAX = 2_048

export interface Frame {
  /** The Raft group the messages belong to; 0 until nodes can host several. */
  readonly group: number
  /** The sender's incarnation: votes and acknowledgements of another one do not count once a member's is known. */
  readonly incarnation: Incarnation
  readonly messages: readonly PeerMessage[]
}

/** An encoded frame: the pieces in order, to be written without joining them. Payloads are shared, not copied. */
export interface EncodedFrame {
  readonly pieces: readonly Uint8Array[]
  readonly byteLength: number
}

/** True when a newer frame of the same kind makes this one worthless. */
export function isHeartbeatFrame(frame: Frame): boolean {
  return frame.messages.every(isHeartbeat)
}

/** True when it may wait for all other frames: parts of snapshots. */
export function isBulkFrame(frame: Frame): boolean {
  return frame.messages.length > 0 && frame.messages.every(isBulk)
}

export function encodeFrame(frame: Frame): EncodedFrame {
  const pieces: Uint8Array[] = []
  let byteLength = 0
  let writer = new ByteWriter(512).u8(FRAME_VERSION).u8(0).u16(frame.messages.length).u32(frame.group)
  for (let i = 0; i < 16; i += 2) writer.u8(Number.parseInt(frame.incarnation.slice(i, i + 2), 16))
  const push = (piece: Uint8Array): void => {
    if (piece.length === 0) return
    pieces.push(piece)
    byteLength += piece.length
  }
  for (const message of frame.messages) {
    const lengthAt = writer.u8(typeByte(message)).u8(0).length
    writer.u32(0)
    const bodyAt = writer.length
    encodeBody(writer, message)
    let payloadBytes = 0
    const payloads = payloadsOf(message)
    for (const payload of payloads) payloadBytes += payload.length
    writer.patchU32(lengthAt, writer.length - bodyAt + payloadBytes)
    for (const payload of payloads) {
      if (payload.length <= COPY_BYTES_MAX) {
        writer.raw(payload)
      } else {
        push(writer.bytes())
        push(payload)
        writer = new ByteWriter(512)
      }
    }
  }
  push(writer.bytes())
  return { pieces, byteLength }
}

/**
 * Decodes and checks a whole frame; blocks, commands and chunks are views of `bytes`.
 * @throws RaftError ERR_DECODE, and nothing else, whatever the bytes
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > FRAME_BYTES_MAX) throw decodeError(`frame of ${bytes.length} bytes`)
  const reader = new ByteReader(plain(bytes))
  const version = reader.u8()
  if (version !== FRAME_VERSION) throw decodeError(`frame version ${version}`)
  reader.u8()
  const count = reader.u16()
  if (count > FRAME_MESSAGES_MAX) throw decodeError(`${count} messages in a frame`)
  const group = reader.u32()
  let incarnation = ''
  for (let i = 0; i < 8; i++) incarnation += reader.u8().toString(16).padStart(2, '0')
  const messages: PeerMessage[] = []
  for (let i = 0; i < count; i++) {
    const type = reader.u8()
    reader.u8()
    messages.push(decodeBody(type, new ByteReader(reader.raw(reader.u32()))))
  }
  if (reader.remaining !== 0) throw decodeError('bytes after the last message')
  return { group, incarnation, messages }
}
