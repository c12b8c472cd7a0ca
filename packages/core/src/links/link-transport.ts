// The Transport port on any driver of connections.
import type { NodeId } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Knock, Member, Transport, TransportHost } from '../ports/transport.js'
import type { Frame } from '../wire/frame.js'
import type { LinkDriver } from './connection.js'
import { Dialler } from './dialler.js'
import { listenFailureText } from './failure-text.js'
import { InboundConnections } from './inbound-connections.js'
import { type LinkOptions, type LinkSettings, linkSettings } from './options.js'
import { OutboundKnocks } from './outbound-knocks.js'

/** One that can knock. */
export type LinkedTransport = Transport & Required<Pick<Transport, 'knock'>>

/**
 * A transport with one outbound connection to every peer for our frames, and one inbound connection from every peer
 * for theirs.
 * @throws RaftError ERR_INVALID_OPTION
 */
export function linkTransport(name: string, driver: LinkDriver, options: LinkOptions = {}): LinkedTransport {
  return new LinkTransport(name, driver, linkSettings(options))
}

class LinkTransport implements LinkedTransport {
  readonly name: string
  readonly #driver: LinkDriver
  readonly #settings: LinkSettings
  readonly #diallers = new Map<NodeId, Dialler>()
  readonly #knocks: OutboundKnocks
  #host: TransportHost | undefined
  #inbound: InboundConnections | undefined
  #listening: Promise<string> | undefined
  #closing: Promise<void> | undefined

  constructor(name: string, driver: LinkDriver, settings: LinkSettings) {
    this.name = name
    this.#driver = driver
    this.#settings = settings
    this.#knocks = new OutboundKnocks(driver, settings.dialTimeoutMs)
  }

  async listen(host: TransportHost, members: readonly Member[]): Promise<string> {
    if (this.#listening !== undefined || this.#closing !== undefined) {
      throw new RaftError('ERR_LISTEN', `a ${this.name} transport serves one node once`)
    }
    this.#host = host
    for (const member of members) if (member.id !== host.id) this.#know(host, member)
    const inbound = new InboundConnections(
      host,
      this.#settings,
      (id) => this.#diallers.has(id),
      (id) => this.#diallers.get(id)?.peerConnected(),
    )
    this.#inbound = inbound
    this.#listening = this.#listenOnDriver(inbound)
    const address = await this.#listening
    if (this.#closing !== undefined) throw new RaftError('ERR_LISTEN', 'closed while it began to listen')
    for (const dialler of this.#diallers.values()) dialler.dial()
    return address
  }

  setMembers(members: readonly Member[]): void {
    const host = this.#host
    if (host === undefined || this.#closing !== undefined) return
    const addresses = new Map(members.map(({ id, address }) => [id, address]))
    for (const [id, dialler] of this.#diallers) {
      if (addresses.get(id) === dialler.address) continue
      dialler.close()
      this.#diallers.delete(id)
      if (!addresses.has(id)) this.#inbound?.hangUp(id)
    }
    for (const member of members)
      if (member.id !== host.id && !this.#diallers.has(member.id)) this.#know(host, member).dial()
  }

  #know(host: TransportHost, member: Member): Dialler {
    const dialler = new Dialler(member, this.#driver, host, this.#settings)
    this.#diallers.set(member.id, dialler)
    return dialler
  }

  send(peer: NodeId, frame: Frame): void {
    this.#diallers.get(peer)?.send(frame)
  }

  knock(_from: NodeId, address: string, signal: AbortSignal): Promise<Knock> {
    return this.#knocks.knock(address, signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #listenOnDriver(inbound: InboundConnections): Promise<string> {
    try {
      return await this.#driver.listen((connection) => inbound.accept(connection))
    } catch (cause) {
      throw new RaftError('ERR_LISTEN', `${this.name} cannot listen: ${listenFailureText(cause)}`, { cause })
    }
  }

  async #close(): Promise<void> {
    for (const dialler of this.#diallers.values()) dialler.close()
    this.#knocks.close()
    this.#inbound?.close()
    // A listener that is just coming up must be up before it can be closed.
    await this.#listening?.catch(() => undefined)
    await this.#driver.close()
  }
}
