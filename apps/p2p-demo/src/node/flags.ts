// What the command line says of a node.
import type { StorageName, TransportName } from './choices.js'

/** As given; what is undefined was not said. */
export interface NodeFlags {
  readonly cluster?: string
  readonly transport?: TransportName
  readonly storage?: StorageName
  readonly data?: string
  readonly redis?: string
  readonly listen?: string
  readonly create?: true
  readonly join?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly mdns?: true
  readonly secretFile?: string
  readonly key?: string
  readonly timeout: number
  readonly id?: string
}
