// A node as a transport sees it, on a real libp2p node at 127.0.0.1.
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { RecordingHost } from '@riverraft/conformance/transport'
import type { Transport } from '@riverraft/core'
import type { LinkDiagnostic, LinkOptions } from '@riverraft/core/links'
import { createRaftLibp2p, libp2pTransport } from '../src/index.js'

export interface PeerOptions extends LinkOptions {
  readonly clusterId?: string | undefined
  /** Who it is and where it listens, when it comes back. */
  readonly privateKey?: PrivateKey | undefined
  readonly listen?: string | undefined
}

export class Peer extends RecordingHost {
  readonly libp2p: Libp2p
  readonly privateKey: PrivateKey
  readonly transport: Transport

  static async start(options: PeerOptions = {}): Promise<Peer> {
    const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'))
    const libp2p = await createRaftLibp2p({ privateKey, listen: options.listen ?? '/ip4/127.0.0.1/tcp/0' })
    return new Peer(libp2p, privateKey, options)
  }

  constructor(libp2p: Libp2p, privateKey: PrivateKey, options: PeerOptions) {
    const { clusterId, privateKey: _key, listen: _listen, ...linkOptions } = options
    super(clusterId)
    this.libp2p = libp2p
    this.privateKey = privateKey
    const onDiagnostic = ({ reason }: LinkDiagnostic): void => this.note(`diagnostic: ${reason}`)
    this.transport = libp2pTransport({ libp2p, onDiagnostic, ...linkOptions })
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  /** The same while it is stopped: where it comes back. */
  get address(): string {
    this.#address = this.libp2p.getMultiaddrs()[0]?.toString() ?? this.#address
    return this.#address
  }

  #address = ''

  async stop(): Promise<void> {
    await this.transport.close()
    await this.libp2p.stop()
  }
}
