// What a demo node is told, once the command line and the node's directory have been read.
import type { ListedTransportName, StorageChoice } from './choices.js'
import type { NodeHome } from './home.js'
import type { Secret } from './secret.js'

/** Where a node listens, and who it is there. */
export type Place =
  | {
      readonly transport: 'libp2p'
      readonly listen: string
      /** True: others know this node under that port. */
      readonly fixedPort: boolean
      /** The key is who the node is. */
      readonly keyFile: string
      readonly mdns: boolean
    }
  | { readonly transport: ListedTransportName; readonly listen: string; readonly id: string }

export interface DemoNodeOptions {
  readonly cluster: string
  readonly place: Place
  readonly storage: StorageChoice
  /** Where the node keeps who it is; undefined: it cannot come back. */
  readonly home: NodeHome | undefined
  /** 'return': it has been a member, and does not create or join anything anew. */
  readonly entry: 'create' | 'join' | 'return'
  /** Addresses of members, for a node that joins or returns. */
  readonly via: readonly string[]
  /** Undefined: this node lets nobody in. */
  readonly secret: Secret | undefined
  /** How long a joining node goes on asking. */
  readonly timeoutMs: number
}
