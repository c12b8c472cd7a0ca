// Which transport and which storage a demo node uses: the one place to change when there is more to choose from. Each
// is loaded only when it is chosen.
import { join } from 'node:path'
import type { Libp2p } from '@libp2p/interface'
import type { Storage, Transport } from '@riverraft/core'

export const TRANSPORTS = ['libp2p', 'tcp', 'websocket'] as const
export type TransportName = (typeof TRANSPORTS)[number]
/** Those whose members are told each other's addresses. */
export type ListedTransportName = Exclude<TransportName, 'libp2p'>

export const STORAGES = ['file', 'memory', 'redis'] as const
export type StorageName = (typeof STORAGES)[number]
/** What a killed process finds again. */
export const isDurable = (storage: StorageName): boolean => storage !== 'memory'

/** A demo holds a few kilobytes; two segments are always there. */
const SEGMENT_BYTES = 4 * 1024 * 1024

export type TransportChoice =
  | { readonly name: 'libp2p'; readonly libp2p: Libp2p }
  | { readonly name: ListedTransportName; readonly listen: string }

export async function chooseTransport(choice: TransportChoice): Promise<Transport> {
  switch (choice.name) {
    case 'libp2p': {
      const { libp2pTransport } = await import('@riverraft/transport-libp2p')
      return libp2pTransport({ libp2p: choice.libp2p })
    }
    case 'tcp': {
      const { tcp } = await import('@riverraft/transport-tcp')
      return tcp({ listen: choice.listen })
    }
    case 'websocket': {
      const { websocket } = await import('@riverraft/transport-websocket')
      return websocket({ listen: choice.listen })
    }
    default:
      return choice satisfies never
  }
}

export type StorageChoice =
  | { readonly name: 'file'; readonly directory: string }
  | { readonly name: 'memory' }
  | { readonly name: 'redis'; readonly url: string }

/** `clusterId` and `id` keep the keys of several nodes apart that share a Redis. */
export async function chooseStorage(choice: StorageChoice, clusterId: string, id: string): Promise<Storage> {
  switch (choice.name) {
    case 'file': {
      const { fileStorage } = await import('@riverraft/storage-file')
      return fileStorage({ directory: join(choice.directory, 'log'), segmentBytes: SEGMENT_BYTES })
    }
    case 'memory': {
      const { memoryStorage } = await import('@riverraft/storage-memory')
      return memoryStorage()
    }
    case 'redis': {
      const { redisStorage } = await import('@riverraft/storage-redis')
      return redisStorage({ url: choice.url, prefix: `${clusterId}:${id}`.slice(-128) })
    }
    default:
      return choice satisfies never
  }
}
