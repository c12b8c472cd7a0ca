// The creator's side of forming: seats whom it lets in, and sends everybody the same list when the last one has come.
import { randomBytes } from 'node:crypto'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { RaftError } from '@riverraft/core'
import { deferred } from '../deferred.js'
import type { ReportForm } from './events.js'
import { LineStream } from './line-stream.js'
import { type Ask, FORM_PROTOCOL, type Formed, type FormMessage } from './protocol.js'
import { Roster } from './roster.js'

const ASK_WITHIN_MS = 5_000
/** How often the creator says "waiting"; every time the joiner asks again. Who misses three is gone. */
export const SIGN_OF_LIFE_MS = 5_000
export const SILENCE_MS_MAX: number = 3 * SIGN_OF_LIFE_MS

export interface CreatorOptions {
  readonly libp2p: Libp2p
  readonly cluster: string
  readonly size: number
  readonly signal: AbortSignal
  readonly report: ReportForm
  /** Makes the list durable, where anything is. */
  readonly keep: (formed: Formed) => Promise<void>
}

/**
 * Resolves with the list once all seats are taken, and goes on answering: the same list to members that missed it, a
 * refusal to everybody else. The list is kept here before anybody is told: a creator that could forget it would make
 * another one, and there would be two clusters.
 */
export async function createCluster(options: CreatorOptions): Promise<Formed> {
  const creator = new Creator(options)
  await options.libp2p.handle(FORM_PROTOCOL, (stream, connection) => creator.answer(stream, connection))
  return creator.formed
}

class Creator {
  readonly #options: CreatorOptions
  readonly #roster: Roster
  readonly #clusterId: string
  readonly #tables = new Map<string, LineStream>()
  readonly #formed = deferred<Formed>()
  /** The final list, from the moment it is sent. */
  #list: Formed | undefined
  #full = false

  constructor(options: CreatorOptions) {
    const { libp2p, cluster, size, signal } = options
    this.#options = options
    this.#clusterId = `${cluster}-${randomBytes(8).toString('hex')}`
    const addresses = libp2p.getMultiaddrs().map(String)
    this.#roster = new Roster(cluster, size, { id: libp2p.peerId.toString(), addresses })
    const life = setInterval(() => this.#tellAll(this.#waiting()), SIGN_OF_LIFE_MS)
    const giveUp = () => this.#formed.reject(new RaftError('ERR_ABORTED', 'given up while forming'))
    signal.addEventListener('abort', giveUp)
    const done = () => {
      clearInterval(life)
      signal.removeEventListener('abort', giveUp)
    }
    this.#formed.promise.then(done, done)
    this.#finishWhenFull()
  }

  get formed(): Promise<Formed> {
    return this.#formed.promise
  }

  async answer(stream: Stream, connection: Connection): Promise<void> {
    const lines = new LineStream(stream)
    const peer = connection.remotePeer.toString()
    try {
      const message = await lines.receive(ASK_WITHIN_MS, this.#options.signal)
      if (message.type !== 'ask') throw new RaftError('ERR_DECODE', `expected an ask, got ${message.type}`)
      this.#seat(peer, connection.remoteAddr.toString(), message, lines)
      while (this.#tables.get(peer) === lines) await lines.receive(SILENCE_MS_MAX, this.#options.signal)
    } catch (error) {
      lines.cut(error as Error)
    }
  }

  #seat(peer: string, seenAt: string, ask: Ask, lines: LineStream): void {
    const refusal = this.#roster.ask(peer, seenAt, ask)
    if (refusal !== undefined) {
      this.#options.report({ type: 'turned-away', peer, reason: refusal.reason })
      lines.send(refusal)
      lines.close()
      return
    }
    if (this.#list !== undefined) {
      // A member that missed the list.
      lines.send(this.#list)
      lines.close()
      return
    }
    // The newer conversation of a member counts: it would not ask again if the older one still worked.
    const older = this.#tables.get(peer)
    this.#tables.set(peer, lines)
    older?.cut(new Error('asked again'))
    if (older === undefined) {
      const present = this.#roster.present.length
      this.#options.report({ type: 'asked', peer, address: seenAt, present, size: this.#options.size })
    }
    void lines.closed.then((reason) => this.#left(peer, lines, reason))
    this.#tellAll(this.#waiting())
    this.#finishWhenFull()
  }

  #left(peer: string, lines: LineStream, reason: string): void {
    if (this.#tables.get(peer) !== lines) return
    this.#tables.delete(peer)
    if (this.#full) return
    this.#roster.leave(peer)
    this.#options.report({ type: 'left', peer, reason })
    this.#tellAll(this.#waiting())
  }

  #waiting(): FormMessage {
    const { cluster, size } = this.#options
    return { type: 'waiting', cluster, size, present: this.#roster.present }
  }

  #tellAll(message: FormMessage): void {
    for (const lines of this.#tables.values()) lines.send(message)
  }

  #finishWhenFull(): void {
    const { members } = this.#roster
    if (members === undefined || this.#full) return
    this.#full = true
    const { cluster, report, keep } = this.#options
    const list: Formed = { type: 'formed', cluster, clusterId: this.#clusterId, members }
    const tell = () => {
      this.#list = list
      this.#tellAll(list)
      for (const lines of this.#tables.values()) lines.close()
      report({ type: 'formed', clusterId: this.#clusterId, members })
      this.#formed.resolve(list)
    }
    keep(list).then(tell, (error: unknown) => this.#formed.reject(error))
  }
}
