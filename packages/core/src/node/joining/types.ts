// The public shape of joining: how a node asks to be let in.

export interface JoinOptions {
  /** Addresses of members, any of them, in the transport's notation: they are asked in turn until one answers. */
  readonly via: readonly string[]
  /** Default 'voter': what it is to become. It is a learner until it has caught up. */
  readonly role?: 'voter' | 'learner'
  /** Default 60,000: how long it may take until the node has its role. */
  readonly timeoutMs?: number
  /** Gives up. */
  readonly signal?: AbortSignal
}
