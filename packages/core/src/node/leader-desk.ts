// Hands this node's proposals and reads to whoever leads: its own log, another node, or nobody for now.
import type { Input } from '../consensus/index.js'
import { leaderOf, type State } from '../consensus/index.js'
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import type { Scheduler, Wake } from '../ports/scheduler.js'
import type { Forward, ForwardReply, PeerMessage, ProposedEntries } from '../wire/messages.js'
import type { Backlog } from './backlog.js'
import { Forwarder } from './forwarder.js'
import type { Limits } from './options.js'
import type { Proposals } from './proposals.js'
import type { Reads } from './reads.js'
import type { Transfer } from './transfer.js'

export interface LeaderDeskHost {
  readonly state: State
  readonly backlog: Backlog
  step(input: Input): void
  send(to: NodeId, message: PeerMessage): void
  /** Appends entries as the leader: their first index, undefined when this node does not lead. */
  append(entries: ProposedEntries): LogIndex | undefined
  wake(): void
}

export class LeaderDesk {
  readonly #host: LeaderDeskHost
  readonly #scheduler: Scheduler
  readonly #limits: Limits
  readonly #proposals: Proposals
  readonly #reads: Reads
  readonly #transfer: Transfer
  readonly #forwarder: Forwarder
  readonly linked: Set<NodeId> = new Set()
  #leader: NodeId | undefined
  #leaderTerm = 0
  /** A refused request is not repeated to the same leader before this. */
  #holdUntil = 0
  #retryTimer: Wake | undefined
  #retryAt = Number.POSITIVE_INFINITY

  constructor(
    host: LeaderDeskHost,
    scheduler: Scheduler,
    limits: Limits,
    proposals: Proposals,
    reads: Reads,
    transfer: Transfer,
    processId: number,
    recoveredTerm: Term,
  ) {
    this.#host = host
    this.#scheduler = scheduler
    this.#limits = limits
    this.#proposals = proposals
    this.#reads = reads
    this.#transfer = transfer
    this.#forwarder = new Forwarder(
      {
        send: (to, message) => host.send(to, message),
        get term() {
          return host.state.currentTerm
        },
        get now() {
          return scheduler.now()
        },
        append: (entries) => (this.#isOverloaded ? 'overloaded' : host.append(entries)),
      },
      proposals,
      { processId, recoveredTerm, electionTimeoutMsMax: limits.electionTimeoutMsMax },
    )
  }

  linkUp(peer: NodeId): void {
    this.linked.add(peer)
    this.#forwarder.linkUp(peer)
  }

  linkDown(peer: NodeId): void {
    this.linked.delete(peer)
  }

  /**
   * A request is handed over only when it can arrive: one that is sent into a dead connection has an unknown outcome,
   * one that waits has not.
   */
  get #canAskLeader(): boolean {
    if (this.#leader === undefined || this.#scheduler.now() < this.#holdUntil) return false
    return this.#leader === this.#host.state.id || this.linked.has(this.#leader)
  }

  /** Something waits that could go to the leader now: a proposal came back, or a read was refused. */
  get canDispatch(): boolean {
    if (!this.#canAskLeader) return false
    return this.#reads.canAsk || (this.#proposals.hasWaiting && !this.#isOverloaded)
  }

  /** Too much is not settled: a leader without a quorum must not grow its log for ever. */
  get #isOverloaded(): boolean {
    return this.#host.backlog.isFull
  }

  /** Looks who leads. True when a new leader stands: requests on their way to another one have been looked after. */
  followLeader(): boolean {
    const leader = leaderOf(this.#host.state)
    const term = this.#host.state.currentTerm
    const stands = leader !== undefined && (leader !== this.#leader || term !== this.#leaderTerm)
    this.#leader = leader
    if (!stands) return false
    this.#leaderTerm = term
    this.#holdUntil = 0
    this.#forwarder.leaderStands()
    this.#transfer.leaderStands(leader, term)
    this.#reads.leaderChanged()
    return true
  }

  dispatch(): void {
    this.#dispatchProposals()
    this.#dispatchReads()
  }

  #dispatchProposals(): void {
    this.#forwarder.retry(this.#scheduler.now())
    if (this.#leader !== this.#host.state.id) this.#wakeAgainAt(this.#forwarder.retryAt)
    if (!this.#proposals.hasWaiting || this.#leader === undefined || !this.#canAskLeader) return
    if (this.#leader !== this.#host.state.id) {
      this.#forwarder.forward(this.#leader)
      return this.#wakeAgainAt(this.#forwarder.retryAt)
    }
    while (!this.#isOverloaded) {
      const batch = this.#proposals.takeBatch()
      if (batch === undefined) return
      batch.appending(this.#host.state.currentTerm)
      if (this.#host.append(batch) === undefined) {
        // Deposed within this turn, or handing over: not before a heartbeat's time, or this would go round and round.
        this.hold()
        return this.#proposals.putBack(batch.notAppended())
      }
    }
  }

  #dispatchReads(): void {
    const leads = this.#leader === this.#host.state.id
    // What a leader has asked itself is answered or refused in any case; a message may be lost.
    if (!leads) this.#reads.retry(this.#scheduler.now())
    while (this.#reads.canAsk && this.#canAskLeader) {
      // Looked up anew: a listener may have taken its time and asked for one more, and a lease is judged by it.
      const now = this.#scheduler.now()
      this.#host.step({ type: 'RequestRead', now, ...this.#reads.ask(now) })
    }
    if (!leads) this.#wakeAgainAt(this.#reads.retryAt)
  }

  receive(from: NodeId, message: Forward | ForwardReply): void {
    if (message.type === 'Forward') return this.#forwarder.receiveForward(from, message)
    if (!message.accepted) this.hold()
    this.#forwarder.receiveReply(message)
  }

  /** A request was refused: the leader we know does not lead. Give news of another a heartbeat's time to arrive. */
  hold(): void {
    this.#holdUntil = this.#scheduler.now() + this.#limits.heartbeatMs
    this.#wakeAgainAt(this.#holdUntil)
  }

  #wakeAgainAt(at: number): void {
    if (at >= this.#retryAt) return
    this.#retryTimer?.cancel()
    this.#retryAt = at
    this.#retryTimer = this.#scheduler.wakeAt(at, () => {
      this.#retryAt = Number.POSITIVE_INFINITY
      this.#host.wake()
    })
  }

  stop(): void {
    this.#retryTimer?.cancel()
  }
}
