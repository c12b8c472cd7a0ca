// The joiner's side of forming: finds somebody of the cluster, asks to be let in, and keeps asking.
import { type Connection, type Libp2p, UnsupportedProtocolError } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { hasCode, RaftError } from '@riverraft/core'
import { withoutPeerId } from './addresses.js'
import { SILENCE_MS_MAX } from './creator.js'
import { Discovery, type Lead } from './discovery.js'
import type { ReportForm } from './events.js'
import { LineStream } from './line-stream.js'
import {
  ADDRESSES_MAX,
  type Ask,
  FORM_PROTOCOL,
  type FormAnswer,
  type Formed,
  type FormMessage,
  type Waiting,
} from './protocol.js'

const DIAL_WITHIN_MS = 3_000
/** The same bad news is told that often. */
const TELL_EVERY_MS = 10_000
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 2_000

export interface JoinerOptions {
  readonly libp2p: Libp2p
  readonly cluster: string
  readonly bootstrap: readonly Multiaddr[]
  /** How long to go on without being seated by anybody. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly report: ReportForm
  /** Makes the list durable, where anything is. */
  readonly keep: (formed: Formed) => Promise<void>
}

/**
 * @throws RaftError ERR_JOIN_REFUSED with the reason, ERR_TIMEOUT when nobody seated this node in time, ERR_ABORTED
 */
export async function joinCluster(options: JoinerOptions): Promise<Formed> {
  const discovery = new Discovery(options.libp2p, options.bootstrap)
  const joiner = new Joiner(options, discovery)
  await options.libp2p.handle(FORM_PROTOCOL, (stream) => joiner.answer(new LineStream(stream)))
  try {
    await discovery.recall()
    return await joiner.run()
  } finally {
    discovery.close()
  }
}

class Joiner {
  readonly #options: JoinerOptions
  readonly #discovery: Discovery
  /** Told as found already. */
  readonly #found = new Set<string>()
  /** When an address was last told as unreachable. */
  readonly #toldAt = new Map<string, number>()
  #creator: Connection | undefined
  #present = ''
  #deadline: number
  #retryMs = RETRY_MS_MIN

  constructor(options: JoinerOptions, discovery: Discovery) {
    this.#options = options
    this.#discovery = discovery
    this.#deadline = performance.now() + options.timeoutMs
  }

  async run(): Promise<Formed> {
    const { timeoutMs, signal } = this.#options
    while (true) {
      for (const lead of this.#discovery.leads()) {
        const formed = await this.#follow(lead)
        if (formed !== undefined) return this.#accept(formed)
      }
      if (signal.aborted) throw new RaftError('ERR_ABORTED', 'given up while forming')
      if (performance.now() >= this.#deadline) throw timedOut(this.#options, timeoutMs)
      // Jittered, so that several joiners do not knock in step.
      await this.#discovery.changed(this.#retryMs * (0.5 + Math.random()), signal)
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX)
    }
  }

  /** Another joiner found this one first: it is told where the creator is. */
  async answer(lines: LineStream): Promise<void> {
    const { cluster } = this.#options
    try {
      const ask = await lines.receive(SILENCE_MS_MAX)
      if (ask.type === 'ask' && ask.cluster !== cluster) {
        const message = `this is cluster "${cluster}", not "${ask.cluster}"`
        lines.send({ type: 'refused', reason: 'wrong-cluster', message })
      } else {
        lines.send({ type: 'elsewhere', cluster, addresses: await this.#creatorAddresses() })
      }
      lines.close()
    } catch (error) {
      lines.cut(error as Error)
    }
  }

  async #accept(formed: Formed): Promise<Formed> {
    const { keep, report } = this.#options
    await keep(formed)
    report({ type: 'formed', clusterId: formed.clusterId, members: formed.members })
    return formed
  }

  async #follow(lead: Lead): Promise<Formed | undefined> {
    const { libp2p, report, signal } = this.#options
    let connection: Connection | undefined
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(DIAL_WITHIN_MS)])
      connection = await libp2p.dial([...lead.addresses], { signal: within })
      const lines = new LineStream(await connection.newStream(FORM_PROTOCOL, { signal: within }))
      return await this.#converse(lead, lines, connection)
    } catch (error) {
      if (hasCode(error, 'ERR_JOIN_REFUSED')) throw error
      if (signal.aborted) return undefined
      // A connection to whom we have nothing to say would only be in the way; Raft opens its own.
      connection?.close().catch(() => {})
      if (connection === undefined || error instanceof UnsupportedProtocolError) {
        this.#tellUnreachable(lead.addresses.map(String).join(', '), sentence(error))
      } else {
        this.#present = ''
        report({ type: 'lost', peer: connection.remotePeer.toString(), reason: sentence(error) })
      }
      return undefined
    }
  }

  async #converse(lead: Lead, lines: LineStream, connection: Connection): Promise<Formed | undefined> {
    const { libp2p, cluster, signal, report } = this.#options
    const peer = connection.remotePeer.toString()
    const dialled = connection.remoteAddr.toString()
    const ask: Ask = { type: 'ask', cluster, addresses: libp2p.getMultiaddrs().map(String), dialled }
    if (!this.#found.has(peer)) report({ type: 'found', peer, by: lead.by, address: dialled })
    this.#found.add(peer)
    lines.send(ask)
    while (true) {
      const answer = checked(await lines.receive(SILENCE_MS_MAX, signal), cluster)
      switch (answer.type) {
        case 'refused': {
          const error = new RaftError('ERR_JOIN_REFUSED', answer.message)
          // Whom the user named has the last word; a stranger met by multicast has not.
          if (lead.by !== 'mdns' || this.#options.bootstrap.length === 0) throw error
          throw new Error(answer.message)
        }
        case 'elsewhere':
          lines.close()
          this.#discovery.hint(answer.addresses.map((address) => multiaddr(address)))
          return undefined
        case 'waiting':
          this.#creator = connection
          this.#tellWaiting(answer)
          // Seated: from here on the others may take their time.
          this.#retryMs = RETRY_MS_MIN
          this.#deadline = performance.now() + this.#options.timeoutMs
          lines.send(ask)
          break
        case 'formed':
          lines.close()
          return answer
        default:
          return answer satisfies never
      }
    }
  }

  /** The one that worked here, and what the creator says of itself: one of them works on other machines too. */
  async #creatorAddresses(): Promise<readonly string[]> {
    if (this.#creator === undefined) return []
    const { remoteAddr, remotePeer } = this.#creator
    const known = await this.#options.libp2p.peerStore.get(remotePeer).catch(() => undefined)
    const said = (known?.addresses ?? []).map(
      ({ multiaddr }) => `${withoutPeerId(multiaddr)}/p2p/${remotePeer}`,
    )
    return [...new Set([remoteAddr.toString(), ...said])].slice(0, ADDRESSES_MAX)
  }

  #tellUnreachable(address: string, error: string): void {
    const now = performance.now()
    if (now - (this.#toldAt.get(address) ?? -Infinity) < TELL_EVERY_MS) return
    this.#toldAt.set(address, now)
    this.#options.report({ type: 'unreachable', address, error })
  }

  /** A sign of life is no news. */
  #tellWaiting({ size, present }: Waiting): void {
    const now = String(present)
    if (now !== this.#present) this.#options.report({ type: 'waiting', size, present })
    this.#present = now
  }
}

function checked(message: FormMessage, cluster: string): FormAnswer {
  if (message.type === 'ask') throw new RaftError('ERR_DECODE', 'an ask is no answer')
  if (message.type !== 'refused' && message.cluster !== cluster) {
    throw new RaftError('ERR_JOIN_REFUSED', `the other side speaks for cluster "${message.cluster}"`)
  }
  return message
}

function timedOut({ cluster, bootstrap }: JoinerOptions, timeoutMs: number): RaftError {
  const tried = bootstrap.length === 0 ? 'by mDNS' : `at ${bootstrap.map(String).join(', ')}`
  const seconds = Math.round(timeoutMs / 1000)
  return new RaftError('ERR_TIMEOUT', `nobody of cluster "${cluster}" answered ${tried} within ${seconds} s`)
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))
