// Applies what is committed, in order, each command of a session once, and hands outcomes to whoever waits for them.
import type { State } from '../consensus/index.js'
import type { LogIndex, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { ApplyContext, CommandCodec, CommandRejected, StateMachine } from '../ports/state-machine.js'
import type { SnapshotMetadata } from '../ports/storage.js'
import type { Member } from '../ports/transport.js'
import { type EntryBlock, EntryCursor, EntryKind } from '../wire/entry-block.js'
import { decodeOpening, type Opening } from '../wire/open-session.js'
import { BlockSource, type BlockSourceEvents } from './block-source.js'
import type { LogCache } from './log-cache.js'
import type { Proposals, Waiting } from './proposals.js'
import type { RuntimeParts } from './runtime-parts.js'
import { Rejection, SEQUENCE_WINDOW, type Session } from './sessions/session.js'
import { SessionTable } from './sessions/session-table.js'
import { AppliedBytes } from './snapshots/applied-bytes.js'
import type { Captured } from './snapshots/snapshotter.js'

/** How long one turn may apply before sockets and timers get their chance, and how often the clock is read. */
const APPLY_MS_MAX = 8
const CLOCK_EVERY = 128

export class Applier {
  readonly #machine: StateMachine<unknown, unknown, unknown>
  readonly #codec: CommandCodec<unknown>
  readonly #log: State['log']
  readonly #cache: LogCache
  readonly #source: BlockSource
  readonly #proposals: Proposals
  readonly #now: () => number
  readonly #sessions = new SessionTable()
  /** The configuration as of lastApplied: one that is not committed yet is in no snapshot. */
  #members: readonly Member[]
  /** What has been applied, in bytes of log. */
  readonly bytes: AppliedBytes
  /** Who wants nothing applied for now. */
  #pauses = 0
  #cursor: { readonly block: EntryBlock; readonly at: EntryCursor } | undefined
  /** Of the block that is being applied: its session, undefined when it is unknown or expired, and who waits. */
  #session: Session | undefined
  #waiting: Waiting | undefined
  /** Term and timestamp of the last entry applied. */
  #term: Term = 0
  #timestamp = 0
  lastApplied: LogIndex = 0
  commitIndex: LogIndex = 0

  constructor(parts: RuntimeParts, cache: LogCache, proposals: Proposals, events: BlockSourceEvents) {
    const { options, limits, state, scheduler, restored, initial } = parts
    this.#machine = parts.machine
    this.#codec = options.stateMachine.codec
    this.#log = state.log
    this.#cache = cache
    this.#source = new BlockSource(options.storage, events)
    this.#proposals = proposals
    this.#now = () => scheduler.now()
    this.#members = initial.members
    this.bytes = new AppliedBytes(limits.snapshotTrailingBytes)
    if (restored !== undefined) this.restored(restored.info.metadata, restored.sessions)
  }

  /** A snapshot that has just been restored may be ahead. */
  committed(index: LogIndex): void {
    this.commitIndex = Math.max(this.commitIndex, index)
  }

  /** Nothing is applied until the returned function is called. */
  pause(): () => void {
    let isPaused = true
    this.#pauses++
    return () => {
      if (isPaused) this.#pauses--
      isPaused = false
    }
  }

  /** Everything up to lastApplied, as of now; something is applied. */
  capture(): Captured {
    const metadata: SnapshotMetadata = {
      index: this.lastApplied,
      term: this.#term,
      members: this.#members,
      timestamp: this.#timestamp,
    }
    return { metadata, sessions: this.#sessions.capture(), machine: this.#machine.snapshot() }
  }

  /** The state machine has been restored from a snapshot: the entries up to its index are not seen here. */
  restored({ index, term, members, timestamp }: SnapshotMetadata, sessions: readonly Session[]): void {
    this.#sessions.restore(sessions)
    this.#source.clear()
    this.#cursor = undefined
    this.bytes.restarted()
    this.lastApplied = index
    this.committed(index)
    this.#term = term
    this.#timestamp = timestamp
    this.#members = members
    this.#proposals.hiddenBySnapshot((id) => this.#sessions.get(id), index, term)
  }

  /**
   * Applies up to commitIndex, or as far as time and memory allow. Returns true when it should be called again soon.
   * @throws RaftError ERR_STATE_MACHINE, ERR_UNKNOWN_ENTRY_KIND: fail stop
   */
  run(): boolean {
    const until = this.#now() + APPLY_MS_MAX
    let sinceClock = 0
    while (this.lastApplied < this.commitIndex && this.#pauses === 0) {
      const index = this.lastApplied + 1
      const cached = this.#cache.find(index)
      const block = cached?.block ?? this.#source.find(index)
      if (block === undefined) return false
      // Where this block's entries stop to count: an uncommitted rest may have been replaced by another block.
      const last =
        cached === undefined ? this.#lastInLog(block) : Math.min(this.commitIndex, cached.lastIndex)
      if (last < index) {
        this.#source.clear()
        continue
      }
      const cursor = this.#cursorAt(block, index)
      this.#enter(block)
      while (this.lastApplied < last) {
        this.#apply(block, cursor)
        this.lastApplied = cursor.index
        // Positioned at the entry to apply next, if this block has one.
        cursor.next()
        // Counted across blocks: a log of one-entry blocks must not keep sockets and timers from their turn.
        if (++sinceClock % CLOCK_EVERY === 0 && this.#now() > until)
          return this.lastApplied < this.commitIndex
      }
      this.bytes.applied(last, block.byteLength)
    }
    return false
  }

  /** A fetched block may have been truncated meanwhile: an entry is the log's only if index and term are (§5.3). */
  #lastInLog({ lastIndex, term }: EntryBlock): LogIndex {
    const last = this.#log.lastIndexOfTermAtMost(Math.min(this.commitIndex, lastIndex), term)
    return this.#log.termAt(last) === term ? last : 0
  }

  /** How many client sessions are open. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** A cursor that stands at `index`. */
  #cursorAt(block: EntryBlock, index: LogIndex): EntryCursor {
    if (this.#cursor?.block === block && this.#cursor.at.index === index) return this.#cursor.at
    const at = new EntryCursor(block)
    while (at.next() && at.index < index);
    this.#cursor = { block, at }
    return at
  }

  /** What holds for all entries of a block, or of the part of it that this turn applies. */
  #enter({ term, sessionId, timestamp, acknowledgedBelow }: EntryBlock): void {
    if (term > this.#term) {
      this.#term = term
      this.#proposals.termApplied(term)
    }
    this.#timestamp = timestamp
    if (sessionId === 0) return
    this.#session = this.#sessions.use(sessionId, timestamp, acknowledgedBelow)
    if (this.#session === undefined) this.#lookForOwnSession()
    this.#waiting = this.#proposals.waitingIn(sessionId)
  }

  #lookForOwnSession(): void {
    const id = this.#proposals.ownSessionId
    if (id !== 0 && !this.#sessions.has(id)) this.#proposals.ownSessionEnded()
  }

  #apply(block: EntryBlock, { index, kind, payload }: EntryCursor): void {
    switch (kind) {
      case EntryKind.Noop:
        return
      case EntryKind.Membership:
        // In force since it was appended, and committed by now.
        this.#members = block.members!
        return
      case EntryKind.Command:
        if (block.sessionId === 0) return void this.#run(block, index, payload)
        return this.#applyInSession(block, index, payload)
      case EntryKind.OpenSession: {
        const { ttlMs, nonce } = openingOf(payload, index)
        this.#sessions.open(index, ttlMs, block.timestamp)
        this.#proposals.opened(nonce, index, block.term)
        return this.#lookForOwnSession()
      }
      default:
        throw new RaftError(
          'ERR_UNKNOWN_ENTRY_KIND',
          `entry ${index} is of kind ${kind}, which this version does not know`,
        )
    }
  }

  /** Thesis §6.3: "If a server receives a command whose serial number has already been executed, it responds
   * immediately without re-executing the request." */
  #applyInSession(block: EntryBlock, index: LogIndex, payload: Uint8Array): void {
    const session = this.#session
    const { term } = block
    const sequence = block.firstSequence + (index - block.firstIndex)
    const state = session === undefined ? 'expired' : session.stateOf(sequence)
    if (state === 'new') {
      const result = this.#run(block, index, payload)
      session!.record(sequence, result, index, term)
      const proposal = this.#waiting?.take(sequence)
      if (proposal !== undefined) this.#proposals.answer(proposal, result, index, term)
      return
    }
    const proposal = this.#waiting?.take(sequence)
    if (proposal === undefined) return
    if (state === 'known') {
      const first = session!.outcomeOf(sequence)
      this.#proposals.answer(proposal, first.result, first.index, first.term)
    } else {
      this.#proposals.fail(proposal, notRun(state, block.sessionId, sequence))
    }
  }

  /** What the state machine returned, or a Rejection. */
  #run({ term, timestamp, sessionId }: EntryBlock, index: LogIndex, payload: Uint8Array): unknown {
    const session = sessionId === 0 ? undefined : sessionId
    const context: ApplyContext = { index, term, timestamp, session }
    try {
      return this.#machine.apply(this.#codec.decode(payload), context)
    } catch (cause) {
      // By name, so that a second copy of this library is understood too.
      if (!(cause instanceof Error) || cause.name !== 'CommandRejected') {
        throw new RaftError('ERR_STATE_MACHINE', `the state machine threw while applying entry ${index}`, {
          cause,
        })
      }
      return new Rejection(cause as CommandRejected)
    }
  }
}

function openingOf(payload: Uint8Array, index: LogIndex): Opening {
  try {
    return decodeOpening(payload)
  } catch (cause) {
    const message = `entry ${index} opens a session in a way that this version does not know`
    throw new RaftError('ERR_UNKNOWN_ENTRY_KIND', message, { cause })
  }
}

/** Why a command of a session was not run, for who waits for it. */
function notRun(state: 'expired' | 'forgotten' | 'beyond', session: number, sequence: number): RaftError {
  switch (state) {
    case 'expired':
      return new RaftError(
        'ERR_SESSION_EXPIRED',
        `session ${session} is unknown or has expired; not applied now`,
      )
    case 'forgotten':
      return new RaftError(
        'ERR_OUTCOME_UNKNOWN',
        `sequence ${sequence} of session ${session} is acknowledged, so its result is no longer kept; not applied now, an earlier attempt may be`,
      )
    case 'beyond':
      return new RaftError(
        'ERR_INVALID_OPTION',
        `sequence ${sequence} of session ${session} is ${SEQUENCE_WINDOW} or more above what is acknowledged; not applied`,
      )
    default:
      return state satisfies never
  }
}
