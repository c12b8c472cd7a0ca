// The Transport port: moves messages between members. It may lose, repeat and reorder, never alter or split.
import type { NodeId } from '../consensus/types.js'
import type { Frame } from '../wire/frame.js'
import type { Hello, HelloRefusal, Incarnation } from '../wire/hello.js'

/** 'learner': gets the log, is not counted (thesis §4.2.1). 'leaving': a voter until the change under way is over. */
export type MemberRole = 'voter' | 'learner' | 'leaving'

/** A member of the cluster and where it listens. */
export interface Member {
  readonly id: NodeId
  /** In the transport's own notation: `host:port`, a URL, a multiaddr. */
  readonly address: string
  readonly role: MemberRole
  /** While a change of the voters is under way (Raft §6): it is a voter of the configuration before. */
  readonly outgoing?: true
  /** Of its storage, once it is committed: under another one it is not that member any more. */
  readonly incarnation?: Incarnation
}

/**
 * A short exchange of small messages between a node that asks to be let in and a member, on a connection of its own. The
 * other end need not be a member, and may be anybody.
 */
export interface Knock {
  /** Who is at the other end, when the transport has proof; else undefined. */
  readonly peer: NodeId | undefined
  /** What tells one machine, or one identity, from another: an IP address without the port, a PeerId. */
  readonly origin: string
  /** Never blocks, never throws. */
  send(message: Uint8Array): void
  /**
   * The next message, in order; undefined once the exchange is over. One call at a time. What comes unasked is bounded:
   * more than a few messages that nobody has taken end it.
   */
  receive(): Promise<Uint8Array | undefined>
  /** Over: what was sent may still arrive, nothing is received any more. Idempotent. */
  close(): void
}

/**
 * What the node gives a transport. The transport may call any of it at any time after `listen` began, never
 * re-entrantly from within `send`.
 */
export interface TransportHost {
  readonly id: NodeId
  /** What this node says of itself to `peer` when a connection opens. */
  hello(peer: NodeId): Hello
  /**
   * Judges a peer's hello, on both ends of a connection, after the transport has checked that `hello.from` is the
   * authenticated peer (where it can know). `undefined` means welcome; a refusal closes the connection with its reason.
   */
  admit(hello: Hello): HelloRefusal | undefined
  /** The peer refused this node's hello: it will be tried again, with back-off, unless the node closes the transport. */
  refused(peer: NodeId, refusal: HelloRefusal): void
  /** A frame from `from`, which is who really sent it. The frame and its bytes are the node's from here on. */
  receive(from: NodeId, frame: Frame): void
  /** A connection on which `send(peer)` travels is ready: whatever was under way before may be lost. */
  linkUp(peer: NodeId): void
  linkDown(peer: NodeId, reason: string): void
  /** True: the peer's queue is filling, send only what is needed; false: it has drained. */
  pressure(peer: NodeId, high: boolean): void
  /** Somebody knocks. The node sees to it that the exchange ends, and how many there are at once. */
  knocked?(knock: Knock): void
}

/**
 * Moves frames between members. One instance serves one node once.
 *
 * - One long-lived connection per direction and peer; it redials with jittered back-off for ever.
 * - Nothing is sent to, and nothing accepted from, who is not in `members`.
 */
export interface Transport {
  /** For messages: 'tcp', 'libp2p', ... */
  readonly name: string
  /**
   * Judges the id and address of a member before it is added. Without it any will do.
   * @throws RaftError ERR_INVALID_OPTION
   */
  checkMember?(member: Member): void
  /**
   * Listens, and starts dialling every member but this node. Resolves when others can connect, with the address
   * they can use. Does not wait for anybody.
   * @throws RaftError ERR_LISTEN
   */
  listen(host: TransportHost, members: readonly Member[]): Promise<string>
  /**
   * The members have changed: those that are new are dialled, those that are gone are hung up on, those at a new address
   * are dialled there. Links to all others go on. Never throws; only after `listen`.
   */
  setMembers(members: readonly Member[]): void
  /**
   * Never blocks, never throws. The node calls it at most once a turn and peer. The queue to a peer is bounded in
   * bytes: a queued frame that is only heartbeat is replaced by a newer one; one that is only a part of a snapshot waits
   * until nothing else does; if it is still full, this frame is dropped.
   */
  send(peer: NodeId, frame: Frame): void
  /**
   * Opens an exchange with whoever listens at `address`, member or not, also before `listen`. Without it nobody can join by
   * asking over this transport.
   * @throws whatever says why it cannot be reached; soon, when `signal` aborts
   */
  knock?(from: NodeId, address: string, signal: AbortSignal): Promise<Knock>
  /** Closes every connection and listener. Idempotent; nothing is delivered after it resolved. */
  close(): Promise<void>
}
