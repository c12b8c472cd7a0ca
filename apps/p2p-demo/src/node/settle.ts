// A node takes its place: over libp2p it listens before it is a member; otherwise the transport does so later.
import { access } from 'node:fs/promises'
import { RaftError, type Transport } from '@riverraft/core'
import { portOf } from '../addresses.js'
import type { DemoEvent } from '../control/events.js'
import { chooseTransport } from './choices.js'
import { listenAgain } from './listen-again.js'
import type { DemoNodeOptions, Place } from './options.js'
import { checkReachable, reachableAddress } from './reachable.js'

export type Report = (event: DemoEvent) => void

export interface Settled {
  readonly id: string
  /** Under which the others are told to find it. */
  readonly address: string
  /** A new one for each attempt to start: an instance serves one node once. */
  transport(): Promise<Transport>
  /** Whom it may ask; grows where peers are discovered. */
  readonly via: readonly string[]
  /** Resolves when `via` is not empty. @throws RaftError ERR_TIMEOUT; the reason of `signal` */
  untilFound(signal: AbortSignal): Promise<void>
  /** After Raft has stopped. */
  leave(): Promise<void>
}

/** @throws RaftError ERR_LISTEN, ERR_INVALID_OPTION */
export async function settle(options: DemoNodeOptions, report: Report): Promise<Settled> {
  const settled =
    options.place.transport === 'libp2p' ? await overLibp2p(options, report) : await named(options, report)
  if (options.entry === 'join') checkReachable(settled.address, options.via)
  return settled
}

async function named(options: DemoNodeOptions, report: Report): Promise<Settled> {
  const { transport, listen, id } = options.place as Exclude<Place, { transport: 'libp2p' }>
  const address = reachableAddress(listen, options.via)
  await keepSettings(options, listen, id)
  report({ type: 'listening', peer: id, addresses: [address], role: roleOf(options) })
  return {
    id,
    address,
    transport: async () => telling(await chooseTransport({ name: transport, listen }), address, report),
    via: options.via,
    untilFound: async () => {},
    leave: async () => {},
  }
}

async function overLibp2p(options: DemoNodeOptions, report: Report): Promise<Settled> {
  const { listen, fixedPort, keyFile, mdns } = options.place as Extract<Place, { transport: 'libp2p' }>
  const { cluster, timeoutMs } = options
  const { createRaftLibp2p, loadOrCreateKey } = await import('@riverraft/transport-libp2p')
  const { findPeers, serviceTag, untilFound } = await import('./mdns.js')
  const key = (await exists(keyFile)) ? 'kept' : 'new'
  const privateKey = await loadOrCreateKey(keyFile)
  const via = [...options.via]
  const start = async () => {
    try {
      const libp2p = await createRaftLibp2p({
        ...{ privateKey, listen, start: false },
        ...(mdns ? { mdns: { serviceTag: serviceTag(cluster) } } : {}),
      })
      if (mdns && options.entry === 'join')
        findPeers(libp2p, via, (peer, address) => report({ type: 'found', peer, address }))
      await libp2p.start()
      return libp2p
    } catch (cause) {
      throw new RaftError('ERR_LISTEN', `cannot listen on ${listen}: ${reasonOf(cause)}`, { cause })
    }
  }
  const libp2p = await (fixedPort ? listenAgain(start) : start())
  // Port 0 has become a port.
  const port = portOf(libp2p.getMultiaddrs()[0]!.toString())
  const fixed = listen.replace(/\/tcp\/\d+/, `/tcp/${port}`)
  const address = `${reachableAddress(fixed, options.via)}/p2p/${libp2p.peerId}`
  await keepSettings(options, fixed)
  const id = libp2p.peerId.toString()
  report({ type: 'listening', peer: id, addresses: [address], key, role: roleOf(options) })
  return {
    id,
    address,
    transport: async () => telling(await chooseTransport({ name: 'libp2p', libp2p }), address, report),
    via,
    untilFound: (signal) => untilFound(libp2p, via, { cluster, timeoutMs, signal }),
    // Nothing is left to be said; closing connections politely waits half a second for a peer that is leaving as well.
    leave: async () => {
      for (const connection of libp2p.getConnections()) connection.abort(new Error('leaving'))
      await libp2p.stop()
    },
  }
}

/** Before anybody hears of this node: whoever makes it a member will look for it under this port. */
async function keepSettings(options: DemoNodeOptions, listen: string, id?: string): Promise<void> {
  const { cluster, place, storage, home, entry, via } = options
  if (home === undefined || home.settings?.standing === 'member') return
  const { transport } = place
  const settings = { cluster, transport, storage: storage.name, listen, creates: entry === 'create', via }
  await home.keep({ ...settings, standing: 'new', ...(id === undefined ? {} : { id }) })
}

const roleOf = ({ entry }: DemoNodeOptions) =>
  (({ create: 'creator', join: 'joiner', return: 'member' }) as const)[entry]

/** `transport`, but others are told `address`, and a person hears where nobody could be asked. */
function telling(transport: Transport, address: string, report: Report): Transport {
  const told = new Set<string>()
  return {
    ...transport,
    listen: async (host, members) => {
      await transport.listen(host, members)
      return address
    },
    knock: async (from, to, signal) => {
      try {
        return await transport.knock!(from, to, signal)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        if (!signal.aborted && !told.has(to)) report({ type: 'unreachable', address: to, error: why })
        told.add(to)
        throw error
      }
    },
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** libp2p wraps what the system said into advice about its own configuration, and a stack. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = message] = message.split('\n')
  return /\b(E[A-Z]+: .*)/.exec(message)?.[1] ?? first
}
