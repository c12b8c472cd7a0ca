// A libp2p stream as a Connection.
import type { Stream } from '@libp2p/interface'
import type { NodeId } from '@riverraft/core'
import type { Connection, ConnectionEvents } from '@riverraft/core/links'
import { Uint8ArrayList } from 'uint8arraylist'

/** Pieces below this are joined: the layers below pay per piece and per write, not per byte. */
const BATCH_BYTES_MIN = 16 * 1024

export class StreamConnection implements Connection {
  readonly peer: NodeId
  readonly remote: string
  readonly #stream: Stream
  #ended = false
  #blocked = false

  constructor(stream: Stream, peer: NodeId, remote: string) {
    this.#stream = stream
    this.peer = peer
    this.remote = remote
  }

  start(events: ConnectionEvents): void {
    const stream = this.#stream
    const closed = (reason: string): void => {
      if (this.#ended) return
      this.#ended = true
      events.closed(reason)
    }
    stream.addEventListener('message', ({ data }) => {
      if (this.#ended) return
      if (data instanceof Uint8Array) events.data(data)
      else for (const bytes of data) if (!this.#ended) events.data(bytes)
    })
    // The stream says "drain" for every window update, with megabytes still in its buffer. Room means: all gone.
    const drained = (): void =>
      queueMicrotask(() => {
        if (this.#ended || !this.#blocked || stream.writableNeedsDrain || stream.writeBufferLength > 0) return
        this.#blocked = false
        events.drain()
      })
    stream.addEventListener('drain', drained)
    stream.addEventListener('idle', drained)
    // Links are used in one direction: a peer that sends no more is gone.
    stream.addEventListener('end', () => {
      closed('closed by the peer')
      this.end()
    })
    stream.addEventListener('close', ({ error }) => closed(error?.message ?? 'closed'))
    // It may have closed while the protocol was being negotiated, before anybody listened.
    if (stream.status !== 'open') queueMicrotask(() => closed(`stream ${stream.status}`))
  }

  write(pieces: readonly Uint8Array[]): boolean {
    if (this.#ended) return true
    try {
      this.#blocked = !this.#stream.send(new Uint8ArrayList(...batched(pieces)))
    } catch (error) {
      // The stream closed under us. Its close event follows or is on its way; should it not, abort makes sure.
      queueMicrotask(() => this.#stream.abort(error instanceof Error ? error : new Error(String(error))))
      return true
    }
    return !this.#blocked
  }

  end(): void {
    this.#stream.close().catch((error: Error) => this.#stream.abort(error))
  }

  abort(reason: string): void {
    this.#ended = true
    this.#stream.abort(new Error(reason))
  }
}

/** The same bytes in the same order: large pieces as they are, runs of small ones joined. */
export function batched(pieces: readonly Uint8Array[]): Uint8Array[] {
  const batches: Uint8Array[] = []
  let from = 0
  while (from < pieces.length) {
    let to = from
    let bytes = 0
    for (; to < pieces.length && pieces[to]!.length < BATCH_BYTES_MIN; to++) bytes += pieces[to]!.length
    if (to - from > 1) {
      const batch = new Uint8Array(bytes)
      for (let offset = 0; from < to; from++) {
        batch.set(pieces[from]!, offset)
        offset += pieces[from]!.length
      }
      batches.push(batch)
    } else {
      batches.push(pieces[from]!)
      from++
    }
  }
  return batches
}
