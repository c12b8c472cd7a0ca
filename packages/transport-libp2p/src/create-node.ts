// A libp2p node with the settings that a Raft cluster needs; an application may bring its own node instead.
import { bootstrap } from '@libp2p/bootstrap'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { noise } from './noise.js'

export interface MdnsOptions {
  /** Peers with the same tag find each other on the local network. One tag per cluster, e.g. `orders`. */
  readonly serviceTag: string
  /** Default 1,000: how often to ask the network. */
  readonly intervalMs?: number
}

export interface RaftLibp2pOptions {
  /** The node's identity: see loadOrCreateKey. */
  readonly privateKey: PrivateKey
  /** Multiaddrs to listen on, e.g. `/ip4/0.0.0.0/tcp/7001`; port 0 picks a free one. */
  readonly listen: string | readonly string[]
  /** Multiaddrs to tell others instead of those listened on, e.g. behind a NAT or in a container. */
  readonly announce?: readonly string[]
  /** Multiaddrs ending in `/p2p/<PeerId>` that are connected to at the start. */
  readonly bootstrap?: readonly string[]
  /** Finds peers on the local network. Off by default. */
  readonly mdns?: MdnsOptions
  /** Default true. */
  readonly start?: boolean
}

/**
 * Creates a libp2p node: TCP, Noise, yamux, identify and ping. Its `peerId.toString()` is the member's id.
 * The caller stops it, after the RaftNode that uses it.
 */
export function createRaftLibp2p(options: RaftLibp2pOptions): Promise<Libp2p> {
  const { listen, announce = [], bootstrap: addresses = [], mdns: discovery } = options
  const settings: Libp2pOptions = {
    privateKey: options.privateKey,
    start: options.start ?? true,
    addresses: { listen: typeof listen === 'string' ? [listen] : [...listen], announce: [...announce] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() },
    peerDiscovery: [
      ...(addresses.length > 0 ? [bootstrap({ list: [...addresses], timeout: BOOTSTRAP_DELAY_MS })] : []),
      ...(discovery === undefined ? [] : [mdns(mdnsInit(discovery))]),
    ],
    connectionManager: {
      // The defaults, 5 a second and 10 pending, are per host: a cluster on one machine that restarts at once, or a
      // partition that heals, needs more, and a refused connection here is an election lost there.
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 100,
    },
    // A ping that fails under load must not cut a connection that carries a snapshot. The transport has its own
    // keep-alive, and it judges by what the peer answers on the link itself.
    connectionMonitor: { abortConnectionOnPingFailure: false },
  }
  return createLibp2p(settings)
}

/** The library waits a second before the first attempt, for nothing. */
const BOOTSTRAP_DELAY_MS = 1

function mdnsInit({ serviceTag, intervalMs = 1_000 }: MdnsOptions): { serviceTag: string; interval: number } {
  // A DNS-SD name; a plain word becomes one, so that a cluster's name can be used as it is.
  const name = serviceTag.includes('.') ? serviceTag : `_${serviceTag}._udp.local`
  return { serviceTag: name, interval: intervalMs }
}
