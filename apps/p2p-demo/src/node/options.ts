// What a demo node is told, once the command line and the node's directory have been read.
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Formed } from '../form/protocol.js'
import type { ListedTransportName, StorageChoice } from './choices.js'
import type { NodeHome } from './home.js'

interface CommonOptions {
  readonly cluster: string
  readonly storage: StorageChoice
  /** Where the node keeps who it is; undefined: it cannot come back. */
  readonly home: NodeHome | undefined
}

/** Members find each other: they are told a name, and at most an address. */
export interface FormingOptions extends CommonOptions {
  readonly transport: 'libp2p'
  readonly listen: Multiaddr
  /** True: others know this node under that port. */
  readonly fixedPort: boolean
  readonly keyFile: string
  /** Set: this node creates the cluster and waits for that many members, itself included. */
  readonly create: { readonly size: number } | undefined
  readonly bootstrap: readonly Multiaddr[]
  readonly mdns: boolean
  /** How long a joiner goes on looking for the cluster. */
  readonly timeoutMs: number
}

/** Members are told who they are. */
export interface ListedOptions extends CommonOptions {
  readonly transport: ListedTransportName
  readonly listen: string
  readonly id: string
  readonly formed: Formed
}

export type DemoNodeOptions = FormingOptions | ListedOptions
