// Connections in memory, delivered by (fake) timers: what a driver promises and nothing more.
import { vi } from 'vitest'
import type { Connection, ConnectionEvents, LinkDriver } from '../../src/links/index.js'
import type { Member } from '../../src/ports/transport.js'

/** Lets everything that is under way arrive: a step takes a millisecond of fake time. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(10)
}

export class MemoryConnection implements Connection {
  readonly peer: string | undefined
  readonly remote: string
  other!: MemoryConnection
  events: ConnectionEvents | undefined
  /** Each call of `write`. */
  readonly batches: Uint8Array[][] = []
  /** True: writes are held back and answered by false until `release`. */
  stalled = false
  /** True: what is written vanishes, as when the other machine lost its power. */
  blackHole = false
  aborted: string | undefined
  #gone = false
  readonly #held: Uint8Array[] = []

  constructor(peer: string | undefined, remote: string) {
    this.peer = peer
    this.remote = remote
  }

  get open(): boolean {
    return !this.#gone
  }

  start(events: ConnectionEvents): void {
    this.events = events
  }

  write(pieces: readonly Uint8Array[]): boolean {
    if (this.#gone) return true
    this.batches.push([...pieces])
    if (this.stalled) this.#held.push(...pieces)
    else this.#deliver(pieces)
    return !this.stalled
  }

  release(): void {
    this.stalled = false
    this.#deliver(this.#held.splice(0))
    setTimeout(() => this.#gone || this.events?.drain())
  }

  end(): void {
    setTimeout(() => this.#close('ended', 'closed by the peer'))
  }

  abort(reason: string): void {
    this.aborted = reason
    this.#gone = true
    if (!this.blackHole) setTimeout(() => this.other.#close('connection reset', ''))
  }

  #deliver(pieces: readonly Uint8Array[]): void {
    const bytes = concat(pieces)
    if (bytes.length === 0 || this.blackHole) return
    setTimeout(() => this.other.#gone || this.other.events?.data(bytes))
  }

  #close(reason: string, othersReason: string): void {
    if (this.#gone) return
    this.#gone = true
    this.events?.closed(reason)
    if (othersReason !== '') this.other.#close(othersReason, '')
  }
}

/** Two ends of a connection; each is told who the other is when `authenticated`. */
export function connectionPair(dialler?: string, acceptor?: string): [MemoryConnection, MemoryConnection] {
  const near = new MemoryConnection(acceptor, 'memory:acceptor')
  const far = new MemoryConnection(dialler, 'memory:dialler')
  near.other = far
  far.other = near
  return [near, far]
}

/** A place where drivers find one another by address. */
export class MemoryNet {
  readonly listeners = new Map<string, { id: string; accept: (connection: Connection) => void }>()
  /** Of each successful dial, in order: the dialler's end. */
  readonly dialled: MemoryConnection[] = []
  dials = 0
  /** Addresses whose dials never end by themselves. */
  readonly hanging = new Set<string>()

  driver(id: string, authenticated = true): LinkDriver & { closed: boolean } {
    const net = this
    return {
      closed: false,
      async listen(accept) {
        if (net.listeners.has(id)) throw new Error('address in use')
        net.listeners.set(id, { id, accept })
        return id
      },
      dial(member: Member, signal: AbortSignal): Promise<Connection> {
        net.dials++
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          if (net.hanging.has(member.address)) return
          setTimeout(() => {
            const listener = net.listeners.get(member.address)
            if (listener === undefined) return reject(new Error('connection refused'))
            const [near, far] = authenticated ? connectionPair(id, listener.id) : connectionPair()
            net.dialled.push(near)
            listener.accept(far)
            resolve(near)
          })
        })
      },
      async close() {
        this.closed = true
        net.listeners.delete(id)
      },
    }
  }

  /** A connection into `address` by somebody who is not a transport. */
  intrude(address: string, as?: string): MemoryConnection {
    const [near, far] = connectionPair(as, address)
    this.listeners.get(address)!.accept(far)
    return near
  }
}

export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
