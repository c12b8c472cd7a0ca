// Whom a joiner may ask: the addresses it was given, peers that mDNS shows, and hints from other joiners.
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { FoundBy } from './events.js'

/** Strangers on the network may announce what they like: only that many are remembered. */
const FOUND_MAX = 32

/** One peer that may be of the cluster. */
export interface Lead {
  readonly by: FoundBy
  readonly addresses: readonly Multiaddr[]
}

export class Discovery {
  readonly #libp2p: Libp2p
  readonly #bootstrap: readonly Lead[]
  readonly #found = new Map<string, Lead>()
  readonly #onPeer = ({ detail }: CustomEvent<PeerInfo>): void => this.#add('mdns', detail)
  #hint: Lead | undefined
  /** True: something came that nobody has looked at. */
  #news = false
  #wake: () => void = () => {}

  constructor(libp2p: Libp2p, bootstrap: readonly Multiaddr[]) {
    this.#libp2p = libp2p
    this.#bootstrap = bootstrap.map((address) => ({ by: 'bootstrap', addresses: [address] }))
    libp2p.addEventListener('peer:discovery', this.#onPeer)
  }

  /** Peers are announced once: multicast may have shown some before anybody listened here. */
  async recall(): Promise<void> {
    for (const { id, addresses } of await this.#libp2p.peerStore.all()) {
      this.#add('mdns', { id, multiaddrs: addresses.map(({ multiaddr }) => multiaddr) })
    }
  }

  leads(): readonly Lead[] {
    this.#news = false
    const hint = this.#hint === undefined ? [] : [this.#hint]
    return [...this.#bootstrap, ...hint, ...this.#found.values()]
  }

  hint(addresses: readonly Multiaddr[]): void {
    if (addresses.length === 0 || String(addresses) === String(this.#hint?.addresses)) return
    this.#hint = { by: 'hint', addresses }
    this.#announce()
  }

  /** Resolves when there is a new lead, after `withinMs`, or when `signal` fires. */
  changed(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, withinMs)
      signal.addEventListener('abort', done)
      this.#wake = done
      if (this.#news || signal.aborted) done()
    })
  }

  close(): void {
    this.#libp2p.removeEventListener('peer:discovery', this.#onPeer)
  }

  #add(by: FoundBy, { id, multiaddrs }: PeerInfo): void {
    const key = id.toString()
    if (multiaddrs.length === 0 || (!this.#found.has(key) && this.#found.size >= FOUND_MAX)) return
    const fresh = !this.#found.has(key)
    this.#found.set(key, { by, addresses: multiaddrs.map((address) => address.encapsulate(`/p2p/${key}`)) })
    if (fresh) this.#announce()
  }

  #announce(): void {
    this.#news = true
    this.#wake()
  }
}
