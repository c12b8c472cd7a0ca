// A node as a transport sees it, on TCP at 127.0.0.1.
import { RecordingHost } from '@riverraft/conformance/transport'
import type { Transport } from '@riverraft/core'
import type { LinkDiagnostic, LinkOptions } from '@riverraft/core/links'
import { tcp } from '../src/index.js'
import { freePort } from './sockets.js'

export interface PeerOptions extends LinkOptions {
  readonly clusterId?: string | undefined
  /** Where it listens; by default on a free port. */
  readonly address?: string | undefined
}

export class Peer extends RecordingHost {
  readonly id: string
  readonly address: string
  readonly transport: Transport

  static async create(id: string, options: PeerOptions = {}): Promise<Peer> {
    return new Peer(id, options.address ?? `127.0.0.1:${await freePort()}`, options)
  }

  constructor(id: string, address: string, options: PeerOptions) {
    const { clusterId, address: _address, ...linkOptions } = options
    super(clusterId)
    this.id = id
    this.address = address
    const onDiagnostic = ({ reason }: LinkDiagnostic): void => this.note(`diagnostic: ${reason}`)
    this.transport = tcp({ listen: address, onDiagnostic, ...linkOptions })
  }
}
