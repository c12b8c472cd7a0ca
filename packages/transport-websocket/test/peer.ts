// A node as a transport sees it, on WebSockets at 127.0.0.1.
import type { Server } from 'node:http'
import { RecordingHost } from '@riverraft/conformance/transport'
import type { Transport } from '@riverraft/core'
import type { LinkDiagnostic, LinkOptions } from '@riverraft/core/links'
import { type WebSocketTransportOptions, websocket } from '../src/index.js'
import { freePort } from './sockets.js'

export interface PeerOptions extends LinkOptions {
  readonly clusterId?: string | undefined
  /** Where it listens; by default on a free port. */
  readonly address?: string | undefined
  readonly tls?: WebSocketTransportOptions['tls']
  /** A server that listens at its address. */
  readonly server?: Server
}

export class Peer extends RecordingHost {
  readonly id: string
  readonly address: string
  readonly transport: Transport

  static async create(id: string, options: PeerOptions = {}): Promise<Peer> {
    return new Peer(id, options.address ?? `ws://127.0.0.1:${await freePort()}/raft`, options)
  }

  constructor(id: string, address: string, options: PeerOptions) {
    const { clusterId, address: _address, server, tls = {}, ...linkOptions } = options
    super(clusterId)
    this.id = id
    this.address = address
    const onDiagnostic = ({ reason }: LinkDiagnostic): void => this.note(`diagnostic: ${reason}`)
    const common = { onDiagnostic, tls, ...linkOptions }
    this.transport =
      server === undefined
        ? websocket({ listen: address, ...common })
        : websocket({ server, path: '/raft', ...common })
  }
}
