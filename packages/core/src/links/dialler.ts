// Keeps one outbound link to one peer: dials, and dials again, for ever.
import { RaftError } from '../ports/errors.js'
import type { Member, TransportHost } from '../ports/transport.js'
import type { Frame } from '../wire/frame.js'
import type { HelloRefusal } from '../wire/hello.js'
import { BackOff } from './back-off.js'
import type { Connection, LinkDriver } from './connection.js'
import { failureText } from './failure-text.js'
import type { LinkSettings } from './options.js'
import { OutboundLink } from './outbound-link.js'

export class Dialler {
  readonly #member: Member
  readonly #driver: LinkDriver
  readonly #host: TransportHost
  readonly #settings: LinkSettings
  readonly #backOff: BackOff
  #state: 'new' | 'dialling' | 'greeting' | 'up' | 'waiting' | 'closed' = 'new'
  #link: OutboundLink | undefined
  #attempt: AbortController | undefined
  /** Of the state: the dial's deadline, the wait, or the time until the link counts as stable. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The peer connected to us while we were trying: it is there, so the next try need not wait. */
  #peerSeen = false

  constructor(member: Member, driver: LinkDriver, host: TransportHost, settings: LinkSettings) {
    this.#member = member
    this.#driver = driver
    this.#host = host
    this.#settings = settings
    this.#backOff = new BackOff(settings.backOffMsMin, settings.backOffMsMax, settings.random)
  }

  get address(): string {
    return this.#member.address
  }

  /** Without a link the frame is dropped: by the time there is one it would be old, and Raft repeats itself. */
  send(frame: Frame): void {
    this.#link?.send(frame)
  }

  dial(): void {
    this.#state = 'dialling'
    this.#peerSeen = false
    const attempt = new AbortController()
    this.#attempt = attempt
    const timeout = (): void => {
      attempt.abort(new RaftError('ERR_TIMEOUT', 'dialling took too long'))
      this.#failed('dialling took too long')
    }
    this.#timer = setTimeout(timeout, this.#settings.dialTimeoutMs)
    const isCurrent = (): boolean => this.#state === 'dialling' && this.#attempt === attempt
    this.#open(attempt.signal).then(
      (connection) => (isCurrent() ? this.#greet(connection) : connection.abort('given up')),
      (error: unknown) => isCurrent() && this.#failed(`cannot connect: ${failureText(error)}`),
    )
  }

  /** The peer's own link to us has just come up. */
  peerConnected(): void {
    if (this.#state === 'dialling' || this.#state === 'greeting') this.#peerSeen = true
    if (this.#state !== 'waiting') return
    clearTimeout(this.#timer)
    this.dial()
  }

  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#attempt?.abort(new RaftError('ERR_STOPPED', 'the transport is closed'))
    this.#link?.close('the transport is closed')
    this.#link = undefined
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** A driver that throws instead of rejecting must not take the node down. */
  async #open(signal: AbortSignal): Promise<Connection> {
    return this.#driver.dial(this.#member, signal)
  }

  #greet(connection: Connection): void {
    clearTimeout(this.#timer)
    const { id } = this.#member
    if (connection.peer !== undefined && connection.peer !== id) {
      connection.abort('not who we dialled')
      this.#failed(`${connection.remote} is ${connection.peer}`)
      return
    }
    this.#state = 'greeting'
    this.#link = new OutboundLink(connection, this.#member, this.#host, this.#settings, {
      up: () => this.#up(),
      down: (reason, refusal) => this.#down(reason, refusal),
    })
  }

  #up(): void {
    this.#state = 'up'
    this.#peerSeen = false
    this.#timer = setTimeout(() => this.#backOff.reset(), this.#settings.stableLinkMs)
    this.#host.linkUp(this.#member.id)
  }

  #down(reason: string, refusal: HelloRefusal | undefined): void {
    const wasUp = this.#state === 'up'
    clearTimeout(this.#timer)
    this.#link = undefined
    // Scheduled before anybody is told: whoever is told may close us.
    this.#failed(wasUp ? undefined : reason)
    if (wasUp) this.#host.linkDown(this.#member.id, reason)
    if (refusal !== undefined && !this.#isClosed()) this.#host.refused(this.#member.id, refusal)
  }

  #failed(reason: string | undefined): void {
    clearTimeout(this.#timer)
    this.#state = 'waiting'
    const waitMs = this.#backOff.next()
    this.#timer = setTimeout(() => this.dial(), this.#peerSeen ? 0 : waitMs)
    if (reason === undefined) return
    this.#settings.onDiagnostic({ peer: this.#member.id, remote: this.#member.address, reason })
  }
}
