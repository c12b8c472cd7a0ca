// libp2p nodes on loopback for tests, and what they reported; all stopped by `stopAll`.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createRaftLibp2p, type Libp2p } from '@riverraft/transport-libp2p'
import { createCluster } from '../../src/form/creator.js'
import type { FormEvent } from '../../src/form/events.js'
import { joinCluster } from '../../src/form/joiner.js'
import type { Formed } from '../../src/form/protocol.js'

const running: { libp2p: Libp2p; end: AbortController }[] = []

export class Peer {
  readonly libp2p: Libp2p
  readonly end: AbortController = new AbortController()
  readonly #events: FormEvent[] = []
  readonly #waiters = new Set<() => void>()

  private constructor(libp2p: Libp2p) {
    this.libp2p = libp2p
    running.push({ libp2p, end: this.end })
  }

  static async start(listen: string = '/ip4/127.0.0.1/tcp/0'): Promise<Peer> {
    return new Peer(await createRaftLibp2p({ privateKey: await generateKeyPair('Ed25519'), listen }))
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  get address(): string {
    return this.libp2p.getMultiaddrs()[0]!.toString()
  }

  create(
    cluster: string,
    size: number,
    keep: (formed: Formed) => Promise<void> = async () => {},
  ): Promise<Formed> {
    return createCluster({
      libp2p: this.libp2p,
      cluster,
      size,
      signal: this.end.signal,
      report: this.#report,
      keep,
    })
  }

  join(cluster: string, bootstrap: readonly string[], timeoutMs = 10_000): Promise<Formed> {
    const addresses = bootstrap.map((address) => multiaddr(address))
    const { libp2p, end } = this
    return observed(
      joinCluster({
        libp2p,
        cluster,
        bootstrap: addresses,
        timeoutMs,
        signal: end.signal,
        report: this.#report,
        keep: async () => {},
      }),
    )
  }

  /** Resolves once an event of this type has been reported that fits. */
  seen<Type extends FormEvent['type']>(
    type: Type,
    fits: (event: FormEvent & { type: Type }) => boolean = () => true,
  ): Promise<FormEvent & { type: Type }> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.#events.find(
          (event) => event.type === type && fits(event as FormEvent & { type: Type }),
        )
        if (found === undefined) return
        this.#waiters.delete(look)
        resolve(found as FormEvent & { type: Type })
      }
      this.#waiters.add(look)
      look()
    })
  }

  count(type: FormEvent['type']): number {
    return this.#events.filter((event) => event.type === type).length
  }

  readonly #report = (event: FormEvent): void => {
    this.#events.push(event)
    for (const look of [...this.#waiters]) look()
  }
}

export async function stopAll(): Promise<void> {
  for (const { libp2p, end } of running) {
    end.abort()
    // Closing them politely takes half a second.
    for (const connection of libp2p.getConnections()) connection.abort(new Error('the test is over'))
  }
  await Promise.all(running.splice(0).map(({ libp2p }) => libp2p.stop()))
}

/** A test that fails early leaves promises behind that nobody awaits; what they say is of no interest then. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
