// A frame under way: as the sender's objects, or as bytes, when this run exercises the codec on every frame.
import { decodeFrame, encodeFrame, type Frame, hasCode } from '@riverraft/core'
import type { Tape } from '../world/tape.js'

export interface Parcel {
  /** A fresh frame for whoever receives it. */
  open(): Frame
}

export function byReference(frame: Frame): Parcel {
  return { open: () => frame }
}

export function asBytes(frame: Frame): Parcel {
  const bytes = encoded(frame)
  // Each receiver gets memory of its own, as from a socket.
  return { open: () => decodeFrame(bytes.slice()) }
}

function encoded(frame: Frame): Uint8Array {
  const { pieces, byteLength } = encodeFrame(frame)
  const bytes = new Uint8Array(byteLength)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/**
 * 'refused': the codec noticed. 'unnoticed': only a transport's own integrity check would (the port's contract says
 * "never altered", and messages besides their blocks carry no checksum). Otherwise what is wrong with the codec.
 */
export type Damage = 'refused' | 'unnoticed' | { readonly wrong: string }

/** Flips bits of the frame's bytes, or cuts them, and looks at what the codec says. */
export function damage(frame: Frame, tape: Tape): Damage {
  const bytes = encoded(frame)
  const at = tape.below(bytes.length)
  const flips = 1 + tape.below(255)
  const cut = tape.below(4) === 3
  const damaged = cut ? bytes.slice(0, at) : bytes.slice()
  if (!cut) damaged[at]! ^= flips
  try {
    const decoded = decodeFrame(damaged)
    const sent = new Set(blocksOf(frame))
    // A number of entries has no checksum: one may be missing, and none may be another than was sent (seed 12095).
    if (blocksOf(decoded).some((block) => !sent.has(block)))
      return { wrong: 'a damaged entry block was accepted' }
    return 'unnoticed'
  } catch (error) {
    if (hasCode(error, 'ERR_DECODE')) return 'refused'
    return { wrong: `decodeFrame threw ${String(error)}` }
  }
}

/** The entries of a frame with their checksums, as text, block by block. */
function blocksOf(frame: Frame): string[] {
  return frame.messages
    .flatMap((message) => (message.type === 'AppendEntries' ? message.entries : []))
    .map(({ bytes }) => bytes.join())
}
