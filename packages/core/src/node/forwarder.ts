// Proposals on a follower go to the leader, who says whether it took them. Their outcome is found here, when this node
// applies an entry of their session and sequence: results never travel, and a caller reads its own writes on its own node.
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import { blockBytes } from '../wire/entry-block.js'
import { BLOCK_BYTES_MAX, FORWARD_COMMANDS_MAX } from '../wire/limits.js'
import type { Forward, ForwardReply, PeerMessage, ProposedEntries } from '../wire/messages.js'
import type { Batch } from './batch.js'
import { ForwardGuard } from './forward-guard.js'
import type { Proposals } from './proposals.js'

/** A Forward without an answer is repeated after this many maximal election timeouts, later ones up to MAX. */
const PATIENCE_TIMEOUTS_MIN = 2
const PATIENCE_TIMEOUTS_MAX = 16

export interface ForwarderHost {
  send(to: NodeId, message: PeerMessage): void
  readonly term: Term
  readonly now: number
  /**
   * Appends the entries as the leader. Undefined: not the leader; 'overloaded': too much is uncommitted.
   */
  append(entries: ProposedEntries): LogIndex | 'overloaded' | undefined
}

export interface ForwarderOptions {
  /** Random: it tells this process' requests from an earlier one's. */
  readonly processId: number
  /** What an earlier process of this node has accepted up to this term, nobody knows any more. */
  readonly recoveredTerm: Term
  readonly electionTimeoutMsMax: number
}

/** A Forward that is not answered. */
interface Attempt {
  readonly batch: Batch
  readonly to: NodeId
  readonly term: Term
  readonly at: number
}

export class Forwarder {
  readonly #host: ForwarderHost
  readonly #proposals: Proposals
  readonly #guard: ForwardGuard
  readonly #options: ForwarderOptions
  /** By sequence: the oldest first. */
  readonly #attempts = new Map<number, Attempt>()
  #sequence: number
  #patienceTimeouts = PATIENCE_TIMEOUTS_MIN

  /**
   * Sequences begin behind processId, so that an answer to an earlier process is not taken for one to this.
   */
  constructor(host: ForwarderHost, proposals: Proposals, options: ForwarderOptions) {
    this.#host = host
    this.#proposals = proposals
    this.#options = options
    this.#guard = new ForwardGuard(options.recoveredTerm)
    this.#sequence = options.processId
  }

  /** Hands everything that waits to the leader. */
  forward(leader: NodeId): void {
    const { term, now } = this.#host
    const { processId } = this.#options
    const take = (): Batch | undefined => this.#proposals.takeBatch(FORWARD_COMMANDS_MAX)
    for (let batch = take(); batch !== undefined; batch = take()) {
      const sequence = ++this.#sequence
      batch.sent(sequence, term)
      this.#attempts.set(sequence, { batch, to: leader, term, at: now })
      const { kind, sessionId, firstSequence, acknowledgedBelow, commands } = batch
      const entries = { kind, sessionId, firstSequence, acknowledgedBelow, commands }
      this.#host.send(leader, { type: 'Forward', term, processId, sequence, ...entries })
    }
  }

  /** A leader of a later term stands: what the one before has not answered goes to this one. */
  leaderStands(): void {
    this.#patienceTimeouts = PATIENCE_TIMEOUTS_MIN
    this.#giveUp(({ term }) => term < this.#host.term)
  }

  /** The connection to `peer` was made anew: what was under way may be lost. */
  linkUp(peer: NodeId): void {
    this.#giveUp(({ to }) => to === peer)
  }

  /** What was sent too long ago, or its answer, is lost. */
  retry(now: number): void {
    const patience = this.#patienceMs
    if (this.#giveUp(({ at }) => at + patience <= now))
      this.#patienceTimeouts = Math.min(this.#patienceTimeouts * 2, PATIENCE_TIMEOUTS_MAX)
  }

  get #patienceMs(): number {
    return this.#patienceTimeouts * this.#options.electionTimeoutMsMax
  }

  /** When `retry` has something to do, Infinity when never. */
  get retryAt(): number {
    const oldest = this.#attempts.values().next().value
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.at + this.#patienceMs
  }

  /** True when anybody waits for what was given up. */
  #giveUp(isLost: (attempt: Attempt) => boolean): boolean {
    let isAwaited = false
    for (const [sequence, attempt] of this.#attempts) {
      if (!isLost(attempt)) continue
      this.#attempts.delete(sequence)
      const again = attempt.batch.unanswered()
      this.#proposals.putBack(again)
      isAwaited ||= again.length > 0
    }
    return isAwaited
  }

  receiveForward(from: NodeId, message: Forward): void {
    const { term } = this.#host
    const { sequence, commands } = message
    if (message.term > term || !this.#guard.firstTime(from, message)) return
    if (message.term < term) return this.#reply(from, sequence, undefined)
    const bytes = commands.reduce((sum, command) => sum + command.length, 0)
    const fits = blockBytes(commands.length, bytes) <= BLOCK_BYTES_MAX
    this.#reply(from, sequence, fits ? this.#host.append(message) : 'overloaded')
  }

  #reply(to: NodeId, sequence: number, appended: LogIndex | 'overloaded' | undefined): void {
    const { term } = this.#host
    const overloaded = appended === 'overloaded'
    const accepted = typeof appended === 'number'
    const firstIndex = accepted ? appended : 0
    this.#host.send(to, { type: 'ForwardReply', term, sequence, accepted, overloaded, firstIndex })
  }

  receiveReply({ sequence, accepted, overloaded }: ForwardReply): void {
    const attempt = this.#attempts.get(sequence)
    if (attempt === undefined) return
    this.#attempts.delete(sequence)
    this.#patienceTimeouts = PATIENCE_TIMEOUTS_MIN
    if (accepted) attempt.batch.accepted()
    else if (overloaded) this.#proposals.overloaded(attempt.batch.refused())
    else this.#proposals.putBack(attempt.batch.refused())
  }
}
