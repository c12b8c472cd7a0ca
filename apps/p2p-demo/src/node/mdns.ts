// Whom a node may ask that knows nobody: peers that multicast shows, under a tag made from the name of the cluster.
import { createHash } from 'node:crypto'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { RaftError } from '@riverraft/core'

/** Anybody on the network may announce what they like: only that many are remembered. */
const PEERS_MAX = 32

/** Nodes of other clusters on the same network do not even hear of ours. A hash: a DNS label has 63 bytes, no dots. */
export function serviceTag(cluster: string): string {
  return `riverraft-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`
}

/**
 * Adds the addresses of whoever is found to `via`, which a joining node reads again before each round. Call it before
 * `libp2p` starts: a peer is announced once.
 */
export function findPeers(
  libp2p: Libp2p,
  via: string[],
  found: (peer: string, address: string) => void,
): void {
  const known = new Set<string>()
  libp2p.addEventListener('peer:discovery', ({ detail: { id, multiaddrs } }: CustomEvent<PeerInfo>) => {
    const peer = id.toString()
    const addresses = multiaddrs.map((address) => address.encapsulate(`/p2p/${peer}`).toString())
    if (addresses.length === 0 || known.has(peer) || known.size >= PEERS_MAX) return
    known.add(peer)
    via.push(...addresses)
    found(peer, addresses[0]!)
  })
}

/** Resolves when `via` is not empty. @throws RaftError ERR_TIMEOUT; the reason of `signal` */
export function untilFound(
  libp2p: Libp2p,
  via: readonly string[],
  {
    cluster,
    timeoutMs,
    signal,
  }: { readonly cluster: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (over: () => void) => {
      clearTimeout(timer)
      libp2p.removeEventListener('peer:discovery', look)
      signal.removeEventListener('abort', abort)
      over()
    }
    // Also when it was asked for the first time: the listener that fills `via` was there before.
    const look = () => {
      if (via.length > 0) end(resolve)
    }
    const abort = () => end(() => reject(signal.reason as Error))
    const seconds = Math.round(timeoutMs / 1000)
    const late = new RaftError(
      'ERR_TIMEOUT',
      `mDNS has shown nobody of cluster "${cluster}" within ${seconds} s`,
    )
    const timer = setTimeout(() => end(() => reject(late)), timeoutMs)
    libp2p.addEventListener('peer:discovery', look)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    else look()
  })
}
