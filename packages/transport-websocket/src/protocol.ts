// What both ends of a WebSocket agree on.

/** The sub-protocol: without it somebody else's WebSocket at the same address would be fed our frames. */
export const PROTOCOL = 'riverraft.1'

/**
 * A connection is a stream of bytes; a message is whatever part of it fits. What a peer may make us hold before it has
 * said who it is, and how far a frame can grow unnoticed by links, is one message.
 */
export const MESSAGE_BYTES_MAX: number = 128 * 1024

/** For both ends. Frames are dense and small: compressing them costs time and, in ws, memory. There is no text. */
export const WS_SETTINGS: {
  readonly perMessageDeflate: false
  readonly skipUTF8Validation: true
  readonly maxPayload: number
} = { perMessageDeflate: false, skipUTF8Validation: true, maxPayload: MESSAGE_BYTES_MAX }
