// What travels between servers, and how much of their work they do by themselves.
import type { Message, NodeId } from '../../src/consensus/index.js'
import type { Entry } from './entry.js'

/** A message under way, with the entries behind its runs. */
export interface Letter {
  readonly from: NodeId
  readonly to: NodeId
  readonly message: Message
  readonly entries: readonly Entry[]
  /** Of the storage that its sender had. */
  readonly incarnation: number
}

/** Which duties are done at once; a test that turns one off does it by hand, at the worst moment. */
export interface Automatic {
  disk: boolean
  offers: boolean
  apply: boolean
}
