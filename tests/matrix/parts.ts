// The card: every transport and every storage, each made the way its users make it.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Member, Storage, Transport } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import { memoryStorage } from '@riverraft/storage-memory'
import { redisStorage } from '@riverraft/storage-redis'
import { createRaftLibp2p, libp2pTransport, loadOrCreateKey, nodeIdOf } from '@riverraft/transport-libp2p'
import { memoryNetwork } from '@riverraft/transport-memory'
import { tcp } from '@riverraft/transport-tcp'
import { websocket } from '@riverraft/transport-websocket'
import { RedisServer } from '../../packages/storage-redis/test/redis-server.js'

/** What a member can be started, and started again, from. */
export interface Seat<Part> {
  make(): Promise<{ part: Part; end?: () => Promise<void> }>
}

export interface TransportKind {
  readonly name: string
  /** A place on the network for each of `count` members, with its id and address. */
  seats(count: number): Promise<{ member: Member; seat: Seat<Transport> }[]>
}

export interface StorageKind {
  readonly name: string
  readonly durable: boolean
  seat(): Promise<Seat<Storage> & { remove(): Promise<void> }>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'riverraft-matrix-'))
}

function voter(id: string, address: string): Member {
  return { id, address, role: 'voter' }
}

/** Transports that need no more than an address of their own. */
function addressed(name: string, addressOf: (port: number) => string, make: (address: string) => Transport) {
  return {
    name,
    seats: (count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, i) => {
          const address = addressOf(await freePort())
          return { member: voter(`n${i}`, address), seat: { make: async () => ({ part: make(address) }) } }
        }),
      ),
  }
}

export const transports: readonly TransportKind[] = [
  {
    name: 'memory',
    seats: async (count) => {
      const network = memoryNetwork()
      const seat = { make: async () => ({ part: network.transport() }) }
      return Array.from({ length: count }, (_, i) => ({ member: voter(`n${i}`, `n${i}`), seat }))
    },
  },
  addressed(
    'tcp',
    (port) => `127.0.0.1:${port}`,
    (listen) => tcp({ listen }),
  ),
  addressed(
    'websocket',
    (port) => `ws://127.0.0.1:${port}/raft`,
    (listen) => websocket({ listen }),
  ),
  {
    name: 'libp2p',
    seats: (count) =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const directory = await temporaryDirectory()
          const privateKey = await loadOrCreateKey(join(directory, 'key'))
          await rm(directory, { recursive: true })
          const address = `/ip4/127.0.0.1/tcp/${await freePort()}`
          const make = async () => {
            const libp2p = await createRaftLibp2p({ privateKey, listen: [address] })
            return { part: libp2pTransport({ libp2p }), end: async () => void (await libp2p.stop()) }
          }
          return { member: voter(nodeIdOf(privateKey), address), seat: { make } }
        }),
      ),
  },
]

export const storages: readonly StorageKind[] = [
  {
    name: 'memory',
    durable: false,
    seat: async () => ({ make: async () => ({ part: memoryStorage() }), remove: async () => {} }),
  },
  {
    name: 'file',
    durable: true,
    seat: async () => {
      const directory = await temporaryDirectory()
      return {
        // Small segments, so that the log runs through several of them.
        make: async () => ({ part: fileStorage({ directory, segmentBytes: 64 * 1024 }) }),
        remove: () => rm(directory, { recursive: true }),
      }
    },
  },
  {
    name: 'redis',
    durable: true,
    seat: async () => {
      const server = await RedisServer.start()
      return {
        make: async () => ({ part: redisStorage({ url: server.url, prefix: 'matrix' }) }),
        remove: () => server.remove(),
      }
    },
  },
]
