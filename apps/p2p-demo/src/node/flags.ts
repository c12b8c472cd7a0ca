// What the command line says of a node, and what of it every node has in common.
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Member } from '@riverraft/core'
import { DEFAULT_CLUSTER, UsageError } from '../parsers.js'
import type { StorageChoice, StorageName, TransportName } from './choices.js'
import type { NodeHome } from './home.js'
import type { DemoNodeOptions } from './options.js'

/** As given; what is undefined was not said. */
export interface NodeFlags {
  readonly cluster?: string
  readonly transport?: TransportName
  readonly storage?: StorageName
  readonly data?: string
  readonly redis?: string
  readonly listen?: string
  readonly create?: true
  readonly size: number
  readonly bootstrap?: readonly Multiaddr[]
  readonly mdns?: true
  readonly key?: string
  readonly timeout: number
  readonly id?: string
  readonly members?: readonly Member[]
}

/** @throws UsageError */
export function common(
  flags: NodeFlags,
  home: NodeHome | undefined,
): Pick<DemoNodeOptions, 'cluster' | 'storage' | 'home'> {
  const cluster = home?.settings?.cluster ?? flags.cluster ?? DEFAULT_CLUSTER
  return { cluster, storage: storageOf(flags, home), home }
}

function storageOf(flags: NodeFlags, home: NodeHome | undefined): StorageChoice {
  const name = home?.settings?.storage ?? flags.storage ?? 'file'
  if (flags.redis !== undefined && name !== 'redis') throw new UsageError('--redis goes with --storage redis')
  switch (name) {
    case 'file':
      return { name, directory: home!.directory }
    case 'memory':
      return { name }
    case 'redis':
      if (flags.redis === undefined) {
        throw new UsageError(
          '--storage redis needs --redis <url>: a Redis of this node alone, such as redis://127.0.0.1:6379',
        )
      }
      return { name, url: flags.redis }
    default:
      return name satisfies never
  }
}
