// What this turn has to say, one frame a peer; promises wait here for the write that makes them true.
import type { NodeId } from '../consensus/types.js'
import type { Transport } from '../ports/transport.js'
import type { Incarnation } from '../wire/hello.js'
import { FRAME_BYTES_MAX, FRAME_MESSAGES_MAX } from '../wire/limits.js'
import type { PeerMessage } from '../wire/messages.js'

/**
 * Promises that may wait for the disk. One more is dropped as a frame may be lost: answers to heartbeats tell a leader
 * what is durable, a candidate asks again.
 */
const HELD_MESSAGES_MAX = 4_096

interface Held {
  readonly to: NodeId
  readonly message: PeerMessage
  readonly afterWrite: number
}

export class Outbox {
  readonly #transport: Transport
  readonly #incarnation: Incarnation
  readonly #ready = new Map<NodeId, PeerMessage[]>()
  #held: Held[] = []
  #persisted = 0
  #closed = false

  constructor(transport: Transport, incarnation: Incarnation) {
    this.#transport = transport
    this.#incarnation = incarnation
  }

  add(to: NodeId, message: PeerMessage, afterWrite: number): void {
    if (afterWrite > this.#persisted) {
      if (this.#held.length < HELD_MESSAGES_MAX) this.#held.push({ to, message, afterWrite })
      return
    }
    const messages = this.#ready.get(to)
    if (messages === undefined) this.#ready.set(to, [message])
    else messages.push(message)
  }

  /** All writes up to `write` are durable: what waited for them may leave. */
  persisted(write: number): void {
    this.#persisted = Math.max(this.#persisted, write)
    if (this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    for (const { to, message, afterWrite } of held) this.add(to, message, afterWrite)
  }

  flush(): void {
    if (this.#closed || this.#ready.size === 0) return
    for (const [to, messages] of this.#ready) {
      for (const part of framesOf(messages)) {
        this.#transport.send(to, { group: 0, incarnation: this.#incarnation, messages: part })
      }
    }
    this.#ready.clear()
  }

  /** Fail stop: nothing leaves any more. */
  close(): void {
    this.#closed = true
    this.#held = []
    this.#ready.clear()
  }
}

/**
 * Nearly always one frame; more when a turn has more to say than a frame may hold. Chunks of a snapshot travel behind
 * everything else, in frames of their own: a heartbeat must neither wait for one nor be lost with it.
 */
function framesOf(messages: readonly PeerMessage[]): PeerMessage[][] {
  const chunks = messages.filter(({ type }) => type === 'InstallSnapshot')
  if (chunks.length === 0) return cut(messages)
  const others = messages.filter(({ type }) => type !== 'InstallSnapshot')
  return [...(others.length > 0 ? cut(others) : []), ...chunks.map((chunk) => [chunk])]
}

function cut(messages: readonly PeerMessage[]): PeerMessage[][] {
  const frames: PeerMessage[][] = []
  let frame: PeerMessage[] = []
  let bytes = 0
  for (const message of messages) {
    const size = payloadBytes(message)
    if (frame.length > 0 && (bytes + size > FRAME_BYTES_MAX / 2 || frame.length === FRAME_MESSAGES_MAX)) {
      frames.push(frame)
      frame = []
      bytes = 0
    }
    frame.push(message)
    bytes += size
  }
  frames.push(frame)
  return frames
}

function payloadBytes(message: PeerMessage): number {
  let bytes = 128
  if (message.type === 'InstallSnapshot') bytes += message.data.length
  if (message.type === 'AppendEntries') for (const block of message.entries) bytes += block.byteLength
  if (message.type === 'Forward') for (const command of message.commands) bytes += command.length + 4
  return bytes
}
