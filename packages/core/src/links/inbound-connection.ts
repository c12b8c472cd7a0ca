// One inbound connection from its first byte to its last: the peer's hello, then its frames.
import type { NodeId } from '../consensus/types.js'
import { hasCode } from '../ports/errors.js'
import type { TransportHost } from '../ports/transport.js'
import { decodeFrame } from '../wire/frame.js'
import { isJoin } from '../wire/join.js'
import { FRAME_BYTES_MAX, HELLO_BYTES_MAX, JOIN_REQUEST_BYTES_MAX } from '../wire/limits.js'
import type { Connection } from './connection.js'
import { Door } from './door.js'
import { FrameProgress } from './frame-progress.js'
import { FrameReader } from './frame-reader.js'
import { helloFrame, judgeGreeting, refusalFrame } from './handshake.js'
import type { LinkSettings } from './options.js'
import { KEEP_ALIVE } from './outbound-link.js'

export interface InboundEvents {
  isPeer(id: NodeId): boolean
  /** The peer has said hello and is welcome; its frames follow. */
  greeted(connection: InboundConnection, peer: NodeId): void
  /** It is no link: somebody knocks. */
  knocked(connection: InboundConnection): void
  /** The knock is over; the other end has yet to close. */
  knockOver(connection: InboundConnection): void
  /** Once, except after `close`. */
  gone(connection: InboundConnection, peer: NodeId | undefined, reason: string): void
}

export class InboundConnection {
  readonly #connection: Connection
  readonly #host: TransportHost
  readonly #events: InboundEvents
  readonly #reader: FrameReader
  readonly #progress: FrameProgress
  readonly #helloTimeoutMs: number
  #helloTimer: ReturnType<typeof setTimeout>
  #state: 'greeting' | 'refused' | 'knocking' | 'up' | 'closed' = 'greeting'
  /** While somebody knocks, and until that connection is gone. */
  #door: Door | undefined
  #peer: NodeId | undefined
  /** Why it ends, once that is decided: more telling than how. */
  #refusedBecause: string | undefined
  #blocked = false

  constructor(connection: Connection, host: TransportHost, settings: LinkSettings, events: InboundEvents) {
    this.#connection = connection
    this.#host = host
    this.#events = events
    this.#peer = connection.peer
    this.#reader = new FrameReader(HELLO_BYTES_MAX, (bytes) => this.#receive(bytes))
    this.#progress = new FrameProgress(this.#reader, settings.frameProgressMs, () =>
      this.#fail('a frame took too long'),
    )
    this.#helloTimeoutMs = settings.helloTimeoutMs
    // It also ends a refused connection whose other end does not close.
    this.#helloTimer = setTimeout(() => this.#fail('no hello in time'), settings.helloTimeoutMs)
    connection.start({
      data: (bytes) => this.#data(bytes),
      drain: () => {
        this.#blocked = false
      },
      closed: (reason) => this.#gone(reason),
    })
  }

  get remote(): string {
    return this.#connection.remote
  }

  close(reason: string): void {
    if (this.#state === 'closed') return
    this.#stop()
    this.#connection.abort(reason)
  }

  #data(bytes: Uint8Array): void {
    if (this.#state === 'closed' || this.#state === 'refused') return
    try {
      this.#reader.push(bytes)
      if (this.#state === 'up') this.#progress.watch()
    } catch (error) {
      if (!hasCode(error, 'ERR_DECODE')) throw error
      this.#fail((error as Error).message)
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#state === 'knocking') this.#door?.push(bytes)
    else if (this.#state === 'greeting') isJoin(bytes) ? this.#knocked(bytes) : this.#greet(bytes)
    else if (bytes.length === 0) this.#answerKeepAlive()
    else if (this.#peer !== undefined) this.#host.receive(this.#peer, decodeFrame(bytes))
  }

  #greet(bytes: Uint8Array): void {
    const { from, refusal } = judgeGreeting(bytes, this.#connection.peer, this.#host, this.#events.isPeer)
    if (refusal !== undefined) {
      this.#state = 'refused'
      this.#reader.stop()
      this.#connection.write(refusalFrame(refusal))
      this.#connection.end()
      this.#refusedBecause = `refused ${from}: ${refusal}`
      return
    }
    clearTimeout(this.#helloTimer)
    this.#state = 'up'
    this.#peer = from
    this.#reader.frameBytesMax = FRAME_BYTES_MAX
    this.#connection.write(helloFrame(this.#host, from))
    this.#events.greeted(this, from)
  }

  /** From here on the node decides how long it may take. */
  #knocked(bytes: Uint8Array): void {
    if (this.#host.knocked === undefined) return this.#fail('nobody is let in here')
    clearTimeout(this.#helloTimer)
    this.#state = 'knocking'
    this.#reader.frameBytesMax = JOIN_REQUEST_BYTES_MAX
    const door = new Door(this.#connection, () => this.#showOut())
    this.#door = door
    door.push(bytes)
    this.#events.knocked(this)
    this.#host.knocked(door)
  }

  /** The last message is to arrive; an other end that does not close is closed. */
  #showOut(): void {
    if (this.#state === 'closed') return
    this.#state = 'refused'
    this.#refusedBecause = 'a knock is over'
    this.#reader.stop()
    this.#connection.end()
    this.#helloTimer = setTimeout(() => this.#fail('a knock is over'), this.#helloTimeoutMs)
    this.#events.knockOver(this)
  }

  /** A peer that asks but does not read the answers must not fill our memory with them. */
  #answerKeepAlive(): void {
    if (!this.#blocked) this.#blocked = !this.#connection.write([KEEP_ALIVE])
  }

  #fail(reason: string): void {
    if (this.#state === 'closed') return
    this.#connection.abort(reason)
    this.#gone(reason)
  }

  #gone(reason: string): void {
    if (this.#state === 'closed') return
    this.#stop()
    this.#events.gone(this, this.#peer, this.#refusedBecause ?? reason)
  }

  #stop(): void {
    this.#state = 'closed'
    clearTimeout(this.#helloTimer)
    this.#progress.stop()
    this.#reader.stop()
    this.#door?.ended()
  }
}
