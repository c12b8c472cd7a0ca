// The one loop: a turn drains the inbox, steps consensus, carries out its effects, starts at most one storage write
// and speaks once to each peer.
import type { Effect, Persist } from '../consensus/effects.js'
import { entriesWanted, type Input, leaderOf, type State, step } from '../consensus/index.js'
import type { LogIndex, NodeId } from '../consensus/types.js'
import type { Scheduler, Wake } from '../ports/scheduler.js'
import { type EntryBlock, EntryKind, encodeBlock } from '../wire/entry-block.js'
import type { Forward, ForwardReply, PeerMessage } from '../wire/messages.js'
import type { Answers } from './answers.js'
import { Applier } from './applier.js'
import type { EventStream } from './event-stream.js'
import { Forwarder } from './forwarder.js'
import { LogCache } from './log-cache.js'
import { LogWriter } from './log-writer.js'
import type { Limits } from './options.js'
import type { Outbox } from './outbox.js'
import { Proposals } from './proposals.js'
import { Reads } from './reads.js'
import { Replicator } from './replicator.js'
import type { NodeOptions } from './types.js'

/** A turn that has lasted this long ends and goes on in the next one. */
const TURN_MS_MAX = 10

/** Where proposals stand while this node appends them itself; no Forward has this sequence. */
const OWN_LOG = 0

/** What reaches the loop: inputs of consensus, and the messages between runtimes. */
type Item =
  | Input
  | { readonly type: 'Forwarded'; readonly from: NodeId; readonly message: Forward | ForwardReply }

export interface RuntimeParts {
  readonly options: NodeOptions<unknown, unknown, unknown>
  readonly limits: Limits
  readonly state: State
  readonly scheduler: Scheduler
  readonly outbox: Outbox
  readonly events: EventStream
  readonly answers: Answers
  readonly lastTimestamp: number
  /** Fail stop: called once, from within a turn. */
  readonly failed: (cause: unknown) => void
}

export class Runtime {
  readonly state: State
  readonly proposals: Proposals
  readonly reads: Reads
  readonly machineState: unknown
  readonly #parts: RuntimeParts
  readonly #cache: LogCache
  readonly #writer: LogWriter
  readonly #replicator: Replicator
  readonly #applier: Applier
  readonly #forwarder: Forwarder
  readonly #linked = new Set<NodeId>()
  #inbox: Item[] = []
  #scheduled = false
  #inTurn = false
  /** Somebody asked for something within the turn: a listener, a query. */
  #askedInTurn = false
  #stopped = false
  #tickDue = false
  #timer: Wake | undefined
  #lastTimestamp: number
  #leader: NodeId | undefined
  #leaderTerm = 0
  /** A refused request is not repeated to the same leader before this. */
  #holdUntil = 0
  #retryTimer: Wake | undefined
  #retryAt = Number.POSITIVE_INFINITY
  /** The blocks behind the entries the present step appends: received with it, or encoded for it. */
  #newBlocks: readonly EntryBlock[] = []
  /** The commands the present step proposes, and where they came to stand. */
  #proposed: readonly Uint8Array[] = []
  #proposedAt: LogIndex | undefined

  constructor(parts: RuntimeParts) {
    const { options, limits, scheduler, answers, state } = parts
    this.#parts = parts
    this.state = state
    this.#lastTimestamp = parts.lastTimestamp
    this.#cache = new LogCache(limits.logCacheBytesMax)
    this.proposals = new Proposals(limits, answers)
    this.reads = new Reads(answers, limits.pendingReadsMax, limits.electionTimeoutMsMax, this.#randomNumber())
    const failed = (error: Error): void => this.#fail(error)
    const loaded = (): void => this.wake()
    this.#writer = new LogWriter(options.storage, {
      persisted: (write) => this.receive({ type: 'Persisted', now: 0, write }),
      failed,
    })
    this.#replicator = new Replicator(
      {
        // A listener may stop the node within a turn: what is not stepped any more is not wanted any more.
        wanted: (to) => (this.#stopped ? undefined : entriesWanted(state, to)),
        offer: (to, entries, bytes) =>
          this.#step({ type: 'OfferEntries', now: scheduler.now(), to, entries, bytes }),
        loaded,
        failed,
      },
      this.#cache,
      options.storage,
    )
    const machine = options.stateMachine.create()
    this.machineState = machine.state
    const { codec } = options.stateMachine
    const now = (): number => scheduler.now()
    const { storage } = options
    const fetch = { loaded, failed }
    this.#applier = new Applier(machine, codec, state.log, this.#cache, storage, this.proposals, now, fetch)
    this.#forwarder = new Forwarder(this.#forwarderHost(), this.proposals, this.#randomNumber())
  }

  get lastApplied(): LogIndex {
    return this.#applier.lastApplied
  }

  /** Puts something into the inbox; `now` of inputs is set when they are stepped. */
  receive(item: Item): void {
    this.#inbox.push(item)
    if (!this.#inTurn) this.wake()
  }

  linkUp(peer: NodeId): void {
    this.#linked.add(peer)
    this.receive({ type: 'PeerConnected', now: 0, peer })
  }

  linkDown(peer: NodeId): void {
    this.#linked.delete(peer)
  }

  /** Asks for a turn. */
  wake(): void {
    if (this.#inTurn) this.#askedInTurn = true
    if (this.#scheduled || this.#inTurn || this.#stopped) return
    this.#scheduled = true
    this.#parts.scheduler.nextTurn(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** Stops for good: nothing leaves any more. Resolves when no write is in flight. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelTimers()
    this.#parts.outbox.close()
    await this.#writer.stop()
  }

  #fail(cause: unknown): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelTimers()
    // Fail stop: after a storage error no protocol message leaves the node.
    this.#parts.outbox.close()
    this.#parts.failed(cause)
  }

  #cancelTimers(): void {
    this.#timer?.cancel()
    this.#retryTimer?.cancel()
  }

  #turn(): void {
    if (this.#stopped) return
    let again = false
    this.#inTurn = true
    this.#askedInTurn = false
    try {
      const until = this.#parts.scheduler.now() + TURN_MS_MAX
      do {
        this.#drainInbox()
        this.#followLeader()
        this.#dispatchProposals()
        this.#dispatchReads()
        const commitToTell = this.#replicator.run()
        this.#writer.start()
        this.#parts.outbox.flush()
        again = this.#applyCommitted() || commitToTell
      } while (this.#inbox.length > 0 && !this.#stopped && this.#parts.scheduler.now() < until)
    } catch (error) {
      this.#fail(error)
    }
    this.#inTurn = false
    if (again || this.#askedInTurn || this.#inbox.length > 0 || this.#canDispatch) this.wake()
  }

  /**
   * A request is handed over only when it can arrive: one that is sent into a dead connection has an unknown outcome,
   * one that waits has not.
   */
  get #canAskLeader(): boolean {
    if (this.#leader === undefined || this.#parts.scheduler.now() < this.#holdUntil) return false
    return this.#leader === this.state.id || this.#linked.has(this.#leader)
  }

  /** Something waits that could go to the leader now: a proposal came back, or a read was refused. */
  get #canDispatch(): boolean {
    if (!this.#canAskLeader) return false
    return this.reads.canAsk || (this.proposals.hasWaiting && !this.#isOverloaded)
  }

  #drainInbox(): void {
    const inbox = this.#inbox
    this.#inbox = []
    const now = this.#parts.scheduler.now()
    for (const item of inbox) {
      if (item.type === 'Forwarded') this.#receiveForwarded(item.from, item.message)
      else this.#step({ ...item, now })
    }
    // A late timer is judged after everything that has arrived meanwhile.
    if (!this.#tickDue) return
    this.#tickDue = false
    this.#step({ type: 'Tick', now })
  }

  #step(input: Input): void {
    if (this.#stopped) return
    const received = input.type === 'Receive' ? input.message : undefined
    if (received?.type === 'AppendEntries') this.#newBlocks = received.entries as readonly EntryBlock[]
    const { events, effects } = step(this.state, input)
    for (const event of events) this.#parts.events.emit(event)
    for (const effect of effects) this.#carryOut(effect)
    this.#newBlocks = []
    if (input.type === 'Persisted') {
      this.#parts.outbox.persisted(input.write)
      this.#cache.evict(this.state.writes.durableIndex)
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'Send':
        // AppendEntries carry the very runs that were offered or received: entry blocks.
        return this.#parts.outbox.add(effect.to, effect.message as PeerMessage, effect.afterWrite)
      case 'Persist':
        return this.#persist(effect)
      case 'EncodeBlock':
        return this.#encode(effect.content, effect.firstIndex, effect.term)
      case 'RefuseProposals':
        this.#proposedAt = undefined
        return
      case 'Replicate':
        return this.#replicator.mark(effect.to)
      case 'Apply':
        this.#applier.commitIndex = effect.commitIndex
        return
      case 'AnswerReads':
        return this.reads.answered(effect.readIds, effect.readIndex)
      case 'RefuseReads':
        this.#hold()
        return this.reads.refused(effect.readIds)
      case 'WakeAt':
        this.#timer?.cancel()
        this.#timer = this.#parts.scheduler.wakeAt(effect.at, () => {
          this.#tickDue = true
          this.wake()
        })
        return
      default:
        effect satisfies never
    }
  }

  #encode(content: 'noop' | 'proposals', firstIndex: LogIndex, term: number): void {
    const timestamp = Math.max(this.#parts.scheduler.wallClock(), this.#lastTimestamp)
    const entries =
      content === 'noop'
        ? [{ kind: EntryKind.Noop, payload: new Uint8Array(0) }]
        : this.#proposed.map((payload) => ({ kind: EntryKind.Command, payload }))
    this.#proposedAt = firstIndex
    this.#newBlocks = [encodeBlock({ firstIndex, term, timestamp }, entries)]
  }

  #persist(persist: Persist): void {
    const { truncateFrom, appended } = persist
    if (truncateFrom !== undefined) {
      this.#cache.truncateFrom(truncateFrom)
      this.#replicator.forgetFetched()
    }
    const blocks = []
    if (appended !== undefined) {
      for (const received of this.#newBlocks) {
        if (received.lastIndex < appended.firstIndex) continue
        const block = received.owned()
        const firstIndex = Math.max(block.firstIndex, appended.firstIndex)
        this.#cache.append(block, firstIndex)
        this.#lastTimestamp = Math.max(this.#lastTimestamp, block.timestamp)
        blocks.push({ block, firstIndex })
      }
    }
    this.#writer.add(persist, blocks)
  }

  /** Appends commands as the leader: their first index, undefined when this node does not lead. */
  #append(commands: readonly Uint8Array[]): LogIndex | undefined {
    this.#proposed = commands
    this.#proposedAt = undefined
    this.#step({ type: 'Propose', now: this.#parts.scheduler.now(), count: commands.length })
    this.#proposed = []
    return this.#proposedAt
  }

  /** Too much is uncommitted: a leader without a quorum must not grow its log for ever. */
  get #isOverloaded(): boolean {
    return this.state.log.lastIndex - this.state.commitIndex >= this.#parts.limits.pendingProposalsMax
  }

  #dispatchProposals(): void {
    if (!this.proposals.hasWaiting || this.#leader === undefined || !this.#canAskLeader) return
    if (this.#leader !== this.state.id) return this.#forwarder.forward(this.#leader)
    while (this.proposals.hasWaiting && !this.#isOverloaded) {
      const batch = this.proposals.takeBatch()
      // Whatever the step leads to - a failure, a listener that stops the node or aborts - they may be in the log.
      this.proposals.sent(OWN_LOG, batch)
      const firstIndex = this.#append(batch.map((proposal) => proposal.payload))
      const held = this.proposals.takeSent(OWN_LOG)
      if (held === undefined) return
      if (firstIndex === undefined) return this.proposals.returnBatch(held)
      this.proposals.appended(held, firstIndex, this.state.currentTerm)
    }
  }

  #dispatchReads(): void {
    const now = this.#parts.scheduler.now()
    const leads = this.#leader === this.state.id
    // What a leader has asked itself is answered or refused in any case; a message may be lost.
    if (!leads) this.reads.retry(now)
    if (this.reads.canAsk && this.#canAskLeader) {
      this.#step({ type: 'RequestRead', now, readId: this.reads.ask(now) })
    }
    if (!leads) this.#wakeAgainAt(this.reads.retryAt)
  }

  /** A request was refused: the leader we know does not lead. Give news of another a heartbeat's time to arrive. */
  #hold(): void {
    this.#holdUntil = this.#parts.scheduler.now() + this.#parts.limits.heartbeatMs
    this.#wakeAgainAt(this.#holdUntil)
  }

  #wakeAgainAt(at: number): void {
    if (at >= this.#retryAt) return
    this.#retryTimer?.cancel()
    this.#retryAt = at
    this.#retryTimer = this.#parts.scheduler.wakeAt(at, () => {
      this.#retryAt = Number.POSITIVE_INFINITY
      this.wake()
    })
  }

  #applyCommitted(): boolean {
    const before = this.#applier.lastApplied
    const again = this.#applier.run()
    const { lastApplied } = this.#applier
    if (lastApplied > before) {
      this.#step({ type: 'Applied', now: this.#parts.scheduler.now(), index: lastApplied })
      this.#parts.events.emit({ type: 'Applied', lastApplied })
    }
    this.reads.run(lastApplied)
    return again
  }

  /** Requests that were on their way to another leader are looked after when a new one stands. */
  #followLeader(): void {
    const leader = leaderOf(this.state)
    const term = this.state.currentTerm
    const stands = leader !== undefined && (leader !== this.#leader || term !== this.#leaderTerm)
    this.#leader = leader
    if (!stands) return
    this.#leaderTerm = term
    this.#holdUntil = 0
    this.#replicator.forgetFetched()
    this.#forwarder.leaderStands()
    this.reads.leaderChanged()
  }

  #receiveForwarded(from: NodeId, message: Forward | ForwardReply): void {
    if (message.type === 'Forward') return this.#forwarder.receiveForward(from, message)
    if (!message.accepted) this.#hold()
    this.#forwarder.receiveReply(message)
  }

  #forwarderHost(): ConstructorParameters<typeof Forwarder>[0] {
    const runtime = this
    return {
      send: (to, message) => runtime.#parts.outbox.add(to, message, 0),
      get term() {
        return runtime.state.currentTerm
      },
      get lastApplied() {
        return runtime.lastApplied
      },
      append: (commands) => (runtime.#isOverloaded ? 'overloaded' : runtime.#append(commands)),
    }
  }

  /** A random number below 2^48. */
  #randomNumber(): number {
    return this.#parts.scheduler.randomBytes(6).reduce((number, byte) => number * 256 + byte, 0)
  }
}
