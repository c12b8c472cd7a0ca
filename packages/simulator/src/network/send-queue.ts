// What waits at the sender while a connection takes no more: bounded in bytes, and never two heartbeats, as the Transport
// port demands.
import { type Frame, isBulkFrame, isHeartbeatFrame } from '@riverraft/core'

/** Far smaller than any real queue: it must be seen full. */
export const SEND_QUEUE_BYTES_MAX = 2_048
const HIGH_SHARE = 1 / 2
const LOW_SHARE = 1 / 8
/** What a message weighs besides its entries and commands. */
const MESSAGE_BYTES = 64

interface Queued {
  readonly frame: Frame
  readonly bytes: number
}

/** What became of a frame; 'replaced': it took the place of an older heartbeat. */
export type Queueing = 'queued' | 'replaced' | 'dropped'

export class SendQueue {
  #frames: Queued[] = []
  #heartbeat: Queued | undefined
  #bytes = 0
  #high = false

  /** A newer heartbeat goes to the end: it speaks of all that was sent before it. */
  push(frame: Frame): Queueing {
    const isHeartbeat = isHeartbeatFrame(frame)
    const replaces = isHeartbeat && this.#heartbeat !== undefined
    if (replaces) this.#remove(this.#heartbeat!)
    const queued = { frame, bytes: bytesOf(frame) }
    if (this.#bytes > 0 && this.#bytes + queued.bytes > SEND_QUEUE_BYTES_MAX) return 'dropped'
    this.#frames.push(queued)
    this.#bytes += queued.bytes
    if (isHeartbeat) this.#heartbeat = queued
    return replaces ? 'replaced' : 'queued'
  }

  /** Everything that waits, oldest first, parts of snapshots behind the rest; the queue is empty then. */
  take(): Frame[] {
    const waiting = this.#frames.map(({ frame }) => frame)
    const frames = [...waiting.filter((frame) => !isBulkFrame(frame)), ...waiting.filter(isBulkFrame)]
    this.#frames = []
    this.#heartbeat = undefined
    this.#bytes = 0
    return frames
  }

  /** What the node is to be told: true when the queue has become half full, false when it has drained. */
  pressure(): boolean | undefined {
    const before = this.#high
    if (this.#bytes >= SEND_QUEUE_BYTES_MAX * HIGH_SHARE) this.#high = true
    else if (this.#bytes <= SEND_QUEUE_BYTES_MAX * LOW_SHARE) this.#high = false
    return this.#high === before ? undefined : this.#high
  }

  #remove(queued: Queued): void {
    this.#frames.splice(this.#frames.lastIndexOf(queued), 1)
    this.#bytes -= queued.bytes
    this.#heartbeat = undefined
  }
}

function bytesOf({ messages }: Frame): number {
  let bytes = 0
  for (const message of messages) {
    bytes += MESSAGE_BYTES
    if (message.type === 'AppendEntries') for (const block of message.entries) bytes += block.bytes.length
    if (message.type === 'InstallSnapshot') bytes += message.data.length
    if (message.type === 'Forward') for (const command of message.commands) bytes += command.length
  }
  return bytes
}
