// One outbound connection from its first byte to its last: hello, then our frames. The peer's frames come on its own.
import { hasCode } from '../ports/errors.js'
import type { Member, TransportHost } from '../ports/transport.js'
import { encodeFrame, type Frame, isBulkFrame, isHeartbeatFrame } from '../wire/frame.js'
import type { HelloRefusal } from '../wire/hello.js'
import { FRAME_BYTES_MAX, HELLO_BYTES_MAX } from '../wire/limits.js'
import type { Connection } from './connection.js'
import { FrameReader, withLength } from './frame-reader.js'
import { helloFrame, judgeAnswer } from './handshake.js'
import type { LinkSettings } from './options.js'
import { type FrameKind, OutboundQueue } from './outbound-queue.js'
import { Pressure } from './pressure.js'
import { Watchdog } from './watchdog.js'

/** Handed to the driver at once: more would sit in its buffer, where a heartbeat can no longer be replaced. */
const FLUSH_BYTES_MAX = 4 * 1024 * 1024

/** A slow line gets one more keep-alive tick per this many bytes just written. */
const BYTES_PER_TICK = 1024 * 1024

/** A frame of no bytes. The dialling end asks with it, the accepting end answers with it. */
export const KEEP_ALIVE: Uint8Array = new Uint8Array(4)

export interface OutboundLinkEvents {
  up(): void
  /** Once, except after `close`. `refusal`: the peer does not want us. */
  down(reason: string, refusal?: HelloRefusal): void
}

export class OutboundLink {
  readonly #connection: Connection
  readonly #member: Member
  readonly #host: TransportHost
  readonly #settings: LinkSettings
  readonly #events: OutboundLinkEvents
  readonly #reader: FrameReader
  readonly #keepAlive: Watchdog
  readonly #queue: OutboundQueue
  readonly #pressure: Pressure
  readonly #helloTimer: ReturnType<typeof setTimeout>
  #state: 'greeting' | 'up' | 'closed' = 'greeting'
  #blocked = false

  constructor(
    connection: Connection,
    member: Member,
    host: TransportHost,
    settings: LinkSettings,
    events: OutboundLinkEvents,
  ) {
    this.#connection = connection
    this.#member = member
    this.#host = host
    this.#settings = settings
    this.#events = events
    this.#queue = new OutboundQueue(settings.queueBytesMax)
    this.#pressure = new Pressure(settings.queueBytesMax, (high) => host.pressure(member.id, high))
    this.#reader = new FrameReader(HELLO_BYTES_MAX, (bytes) => this.#receive(bytes))
    this.#keepAlive = new Watchdog(
      settings.keepAliveMs,
      settings.keepAliveMissesMax,
      () => this.#ask(),
      () => this.#fail('the peer no longer answers'),
    )
    this.#helloTimer = setTimeout(() => this.#fail('no answer to our hello'), settings.helloTimeoutMs)
    connection.start({
      data: (bytes) => this.#data(bytes),
      drain: () => this.#drained(),
      closed: (reason) => this.#down(reason),
    })
    connection.write(helloFrame(host, member.id))
  }

  /** Writes the frame or queues it; drops it when the link is not up or the queue is full. */
  send(frame: Frame): void {
    if (this.#state !== 'up') return
    const { pieces, byteLength } = encodeFrame(frame)
    if (byteLength > FRAME_BYTES_MAX) {
      // The peer would have to cut the link. The node's limits keep frames far below this.
      this.#diagnose(`dropped a frame of ${byteLength} bytes, at most ${FRAME_BYTES_MAX}`)
      return
    }
    const framed = withLength(pieces, byteLength)
    if (!this.#blocked) {
      this.#write(framed, byteLength)
      return
    }
    this.#queue.push(framed, byteLength, kindOf(frame))
    this.#pressure.update(this.#queue.bytes)
  }

  close(reason: string): void {
    if (this.#state === 'closed') return
    this.#stop()
    this.#connection.abort(reason)
  }

  #write(pieces: readonly Uint8Array[], byteLength: number): void {
    if (this.#connection.write(pieces)) return
    this.#blocked = true
    this.#keepAlive.alive(Math.ceil(byteLength / BYTES_PER_TICK))
  }

  #drained(): void {
    if (this.#state === 'closed') return
    this.#blocked = false
    this.#keepAlive.alive()
    while (!this.#blocked && this.#queue.bytes > 0) {
      const before = this.#queue.bytes
      const pieces = this.#queue.take(FLUSH_BYTES_MAX)
      this.#write(pieces, before - this.#queue.bytes)
    }
    this.#pressure.update(this.#queue.bytes)
  }

  #data(bytes: Uint8Array): void {
    if (this.#state === 'closed') return
    try {
      this.#reader.push(bytes)
    } catch (error) {
      if (!hasCode(error, 'ERR_DECODE')) throw error
      this.#fail((error as Error).message)
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#state === 'up') {
      this.#keepAlive.alive()
      return
    }
    const answer = judgeAnswer(bytes, this.#member.id, this.#host)
    if (!answer.welcome) {
      const who = answer.by === 'peer' ? 'refused by the peer' : 'we refuse the peer'
      this.#fail(`${who}: ${answer.refusal}`, answer.by === 'peer' ? answer.refusal : undefined)
      return
    }
    clearTimeout(this.#helloTimer)
    this.#state = 'up'
    // From here on the peer answers keep-alives on this connection and nothing else.
    this.#reader.frameBytesMax = 0
    this.#keepAlive.start()
    this.#events.up()
  }

  #ask(): void {
    if (!this.#blocked) this.#write([KEEP_ALIVE], 0)
  }

  #fail(reason: string, refusal?: HelloRefusal): void {
    if (this.#state === 'closed') return
    this.#connection.abort(reason)
    this.#down(reason, refusal)
  }

  #down(reason: string, refusal?: HelloRefusal): void {
    if (this.#state === 'closed') return
    this.#stop()
    this.#pressure.update(0)
    this.#events.down(reason, refusal)
  }

  #stop(): void {
    this.#state = 'closed'
    clearTimeout(this.#helloTimer)
    this.#keepAlive.stop()
    this.#reader.stop()
    this.#queue.clear()
  }

  #diagnose(reason: string): void {
    this.#settings.onDiagnostic({ peer: this.#member.id, remote: this.#connection.remote, reason })
  }
}

function kindOf(frame: Frame): FrameKind {
  if (isHeartbeatFrame(frame)) return 'heartbeat'
  return isBulkFrame(frame) ? 'bulk' : 'other'
}
