// The one loop: a turn drains the inbox, steps consensus, carries out its effects, starts at most one storage write
// and speaks once to each peer.
import type { Effect } from '../consensus/effects.js'
import { entriesWanted, type Input, type State, step } from '../consensus/index.js'
import type { NodeId } from '../consensus/types.js'
import type { Forward, ForwardReply, PeerMessage } from '../wire/messages.js'
import { nonceOf } from '../wire/open-session.js'
import { Applier } from './applier.js'
import { Backlog } from './backlog.js'
import { storageFailure } from './failures.js'
import { LagWatch } from './lag-watch.js'
import { LeaderAppend } from './leader-append.js'
import { LeaderDesk } from './leader-desk.js'
import { Leadership } from './leadership.js'
import { LogKeeper } from './log-keeper.js'
import { NodeMembership } from './membership/node-membership.js'
import { Proposals } from './proposals.js'
import { randomNumber } from './random.js'
import { Reads } from './reads.js'
import { Replicator } from './replicator.js'
import type { RuntimeParts } from './runtime-parts.js'
import { Snapshots, type SnapshotsHost } from './snapshots/snapshots.js'
import { Transfer } from './transfer.js'
import { WakeTimer } from './wake-timer.js'

/** A turn that has lasted this long ends and goes on in the next one. */
const TURN_MS_MAX = 10

/** What reaches the loop: inputs of consensus, and the messages between runtimes. */
type Item =
  | Input
  | { readonly type: 'Forwarded'; readonly from: NodeId; readonly message: Forward | ForwardReply }

export class Runtime {
  readonly state: State
  readonly proposals: Proposals
  readonly reads: Reads
  readonly transfer: Transfer
  readonly snapshots: Snapshots
  readonly backlog: Backlog
  readonly membership: NodeMembership
  readonly applier: Applier
  readonly timer: WakeTimer
  readonly leadership: Leadership = new Leadership()
  readonly #parts: RuntimeParts
  readonly #log: LogKeeper
  readonly #append: LeaderAppend
  readonly #replicator: Replicator
  readonly #desk: LeaderDesk
  readonly #lag: LagWatch
  #inbox: Item[] = []
  #scheduled = false
  #inTurn = false
  /** Somebody asked for something within the turn: a listener, a query. */
  #askedInTurn = false
  #stopped = false
  #tickDue = false

  constructor(parts: RuntimeParts) {
    const { options, limits, scheduler, answers, state, recoveredTerm } = parts
    this.#parts = parts
    this.state = state
    this.backlog = new Backlog(state, limits)
    this.proposals = new Proposals(limits, answers, () => nonceOf((count) => scheduler.randomBytes(count)))
    this.reads = new Reads(
      answers,
      limits.pendingReadsMax,
      limits.electionTimeoutMsMax,
      randomNumber(scheduler, 6),
    )
    this.#lag = new LagWatch(limits.followerLagEntriesMax, (event) => parts.events.emit(event))
    this.transfer = new Transfer(answers)
    const step = (input: Input): void => this.#step(input)
    this.membership = new NodeMembership(parts, step, (id) => this.linkDown(id))
    this.timer = new WakeTimer(scheduler, limits.heartbeatMs, () => {
      this.#tickDue = true
      this.wake()
    })
    const failed = (error: Error): void => this.#fail(storageFailure(error))
    const persisted = (write: number): void => this.receive({ type: 'Persisted', now: 0, write })
    const wallClock = (): number => scheduler.wallClock()
    this.#log = new LogKeeper(options.storage, limits, parts.lastTimestamp, wallClock, { persisted, failed })
    this.#append = new LeaderAppend(this.#log, this.backlog, (count) =>
      this.#step({ type: 'Propose', now: scheduler.now(), count }),
    )
    this.#replicator = new Replicator(this.#replicatorHost(failed), this.#log.cache, options.storage)
    this.applier = new Applier(parts, this.#log.cache, this.proposals, { loaded: () => this.wake(), failed })
    this.snapshots = new Snapshots(parts, this.#snapshotsHost(failed), this.applier)
    const { proposals, reads, transfer } = this
    const processId = randomNumber(scheduler, 6)
    const desk = this.#deskHost()
    this.#desk = new LeaderDesk(desk, scheduler, limits, proposals, reads, transfer, processId, recoveredTerm)
  }

  /** The peers to whom the link is up. */
  get linked(): ReadonlySet<NodeId> {
    return this.#desk.linked
  }

  /** Puts something into the inbox; `now` of inputs is set when they are stepped. */
  receive(item: Item): void {
    this.#inbox.push(item)
    if (!this.#inTurn) this.wake()
  }

  linkUp(peer: NodeId): void {
    this.#desk.linkUp(peer)
    this.snapshots.sender.linkUp(peer)
    this.receive({ type: 'PeerConnected', now: 0, peer })
  }

  linkDown(peer: NodeId): void {
    this.membership.strangers.linkDown(peer)
    this.#desk.linkDown(peer)
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
    await this.#log.stop()
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
    this.timer.cancel()
    this.#desk.stop()
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
        if (this.#desk.followLeader()) this.#replicator.forgetFetched()
        this.#desk.dispatch()
        this.membership.run()
        const commitToTell = this.#replicator.run()
        this.snapshots.run()
        this.#log.write()
        this.#parts.outbox.flush()
        this.#lag.look(this.state)
        again = this.#applyCommitted() || commitToTell
        if (this.membership.mayStop(this.applier)) this.#fail(this.membership.removal)
      } while (this.#inbox.length > 0 && !this.#stopped && this.#parts.scheduler.now() < until)
    } catch (error) {
      this.#fail(error)
    }
    this.#inTurn = false
    if (again || this.#askedInTurn || this.#inbox.length > 0 || this.#desk.canDispatch) this.wake()
  }

  #drainInbox(): void {
    const inbox = this.#inbox
    this.#inbox = []
    const now = this.#parts.scheduler.now()
    for (const item of inbox) {
      if (item.type === 'Forwarded') this.#desk.receive(item.from, item.message)
      else this.#step({ ...item, now })
    }
    // A late timer is judged after everything that has arrived meanwhile.
    if (!this.#tickDue) return
    this.#tickDue = false
    this.#step({ type: 'Tick', now, isAnother: this.membership.isAnother })
  }

  #step(input: Input): void {
    if (this.#stopped || !this.#log.beginStep(input)) return
    const { events, effects } = step(this.state, input)
    for (const event of events) {
      this.membership.note(event, this.#log)
      this.#parts.events.emit(event)
    }
    // Before anything is done: what a job of the lost term still does is to be stopped first.
    this.leadership.look(this.state)
    for (const effect of effects) this.#carryOut(effect)
    if (input.type === 'Persisted') {
      this.#parts.outbox.persisted(input.write)
      this.#log.cache.evict(this.state.writes.durableIndex)
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'Send':
        // AppendEntries carry the very runs that were offered or received: entry blocks.
        return this.#parts.outbox.add(effect.to, effect.message as PeerMessage, effect.afterWrite)
      case 'Persist':
        if (effect.truncateFrom !== undefined) this.#replicator.forgetFetched()
        return this.#log.persist(effect)
      case 'EncodeBlock':
        if (effect.configuration === undefined) return this.#append.encode(effect)
        return this.membership.encode(effect, effect.configuration, this.#log)
      case 'RefuseProposals':
        return this.#append.refused()
      case 'Replicate':
        return this.#replicator.mark(effect.to)
      case 'SendSnapshot':
      case 'ContinueSnapshot':
      case 'StoreChunk':
        return this.snapshots.carryOut(effect)
      case 'ForgetLog':
        return this.#log.forget(effect.through)
      case 'RestartLog':
        this.#replicator.forgetFetched()
        return this.#log.restart(effect)
      case 'Apply':
        return this.applier.committed(effect.commitIndex)
      case 'AnswerReads':
        return this.reads.answered(effect.readIds, effect.readIndex)
      case 'RefuseReads':
        this.#desk.hold()
        return this.reads.refused(effect.readIds)
      case 'TransferFailed':
        return this.transfer.failed(effect.reason)
      case 'MembershipRefused':
        return this.membership.changes.refused(effect.reason)
      case 'Removed':
        this.membership.removed = true
        return
      case 'WakeAt':
        return this.timer.set(effect.at)
      default:
        effect satisfies never
    }
  }

  #applyCommitted(): boolean {
    const before = this.applier.lastApplied
    const again = this.applier.run()
    const { lastApplied } = this.applier
    if (lastApplied > before) {
      this.#step({ type: 'Applied', now: this.#parts.scheduler.now(), index: lastApplied })
      this.#parts.events.emit({ type: 'Applied', lastApplied })
    }
    this.reads.run(lastApplied)
    return again
  }

  #replicatorHost(failed: (error: Error) => void): ConstructorParameters<typeof Replicator>[0] {
    return {
      // A listener may stop the node within a turn: what is not stepped any more is not wanted any more.
      wanted: (to) => (this.#stopped ? undefined : entriesWanted(this.state, to)),
      offer: (to, entries, bytes) =>
        this.#step({ type: 'OfferEntries', now: this.#parts.scheduler.now(), to, entries, bytes }),
      loaded: () => this.wake(),
      failed,
    }
  }

  #snapshotsHost(failed: (error: Error) => void): SnapshotsHost {
    return {
      send: (to, message) => this.#parts.outbox.add(to, message, 0),
      receive: (input) => this.receive(input),
      wake: () => this.wake(),
      emit: (event) => this.#parts.events.emit(event),
      failed,
      restored: (metadata) => {
        this.#log.notBefore(metadata.timestamp)
        this.membership.restored(metadata)
      },
    }
  }

  #deskHost(): ConstructorParameters<typeof LeaderDesk>[0] {
    return {
      state: this.state,
      backlog: this.backlog,
      step: (input) => this.#step(input),
      send: (to, message) => this.#parts.outbox.add(to, message, 0),
      append: (entries) => this.#append.append(entries),
      wake: () => this.wake(),
    }
  }
}
