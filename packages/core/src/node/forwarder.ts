// Proposals on a follower go to the leader, who answers where in the log they stand; their outcome is then found here,
// when this node applies that index. So results never travel, and a caller reads its own writes on its own node.
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import { blockBytes } from '../wire/entry-block.js'
import { BLOCK_BYTES_MAX, FORWARD_COMMANDS_MAX } from '../wire/limits.js'
import type { Forward, ForwardReply, PeerMessage } from '../wire/messages.js'
import { ForwardGuard } from './forward-guard.js'
import type { Proposals } from './proposals.js'

export interface ForwarderHost {
  send(to: NodeId, message: PeerMessage): void
  readonly term: Term
  readonly lastApplied: LogIndex
  /**
   * Appends the commands as the leader. Undefined: not the leader; 'overloaded': too much is uncommitted.
   */
  append(commands: readonly Uint8Array[]): LogIndex | 'overloaded' | undefined
}

export class Forwarder {
  readonly #host: ForwarderHost
  readonly #proposals: Proposals
  readonly #guard = new ForwardGuard()
  readonly #processId: number
  #sequence: number
  /** The term of the leader the unanswered ones were sent to. */
  #sentTerm: Term = 0

  /**
   * `processId` is random: it tells this process' requests from an earlier one's. Sequences begin behind it, so that an
   * answer to an earlier process is not taken for one to this.
   */
  constructor(host: ForwarderHost, proposals: Proposals, processId: number) {
    this.#host = host
    this.#proposals = proposals
    this.#processId = processId
    this.#sequence = processId
  }

  /** Hands everything that waits to the leader. */
  forward(leader: NodeId): void {
    const { term } = this.#host
    this.#sentTerm = term
    while (this.#proposals.hasWaiting) {
      const batch = this.#proposals.takeBatch(FORWARD_COMMANDS_MAX)
      const sequence = ++this.#sequence
      this.#proposals.sent(sequence, batch)
      const commands = batch.map((proposal) => proposal.payload)
      this.#host.send(leader, { type: 'Forward', term, processId: this.#processId, sequence, commands })
    }
  }

  /** A leader of a later term stands: what the one before has not answered stays unknown. */
  leaderStands(): void {
    if (this.#host.term > this.#sentTerm) this.#proposals.abandonSent()
  }

  receiveForward(from: NodeId, message: Forward): void {
    const { term } = this.#host
    const { sequence } = message
    if (message.term > term) return this.#refuse(from, sequence, false)
    if (!this.#guard.firstTime(from, message)) return
    if (message.term < term) return this.#refuse(from, sequence, false)
    const bytes = message.commands.reduce((sum, command) => sum + command.length, 0)
    const fits = blockBytes(message.commands.length, bytes) <= BLOCK_BYTES_MAX
    const firstIndex = fits ? this.#host.append(message.commands) : 'overloaded'
    if (firstIndex === undefined || firstIndex === 'overloaded') {
      return this.#refuse(from, sequence, firstIndex === 'overloaded')
    }
    this.#host.send(from, {
      type: 'ForwardReply',
      term,
      sequence,
      accepted: true,
      overloaded: false,
      firstIndex,
    })
  }

  #refuse(to: NodeId, sequence: number, overloaded: boolean): void {
    const { term } = this.#host
    this.#host.send(to, { type: 'ForwardReply', term, sequence, accepted: false, overloaded, firstIndex: 0 })
  }

  receiveReply(reply: ForwardReply): void {
    const batch = this.#proposals.takeSent(reply.sequence)
    if (batch === undefined) return
    if (reply.accepted) {
      // Only a transport that reorders can bring the answer after the commit; the results are gone then.
      if (reply.firstIndex <= this.#host.lastApplied)
        this.#proposals.failUnknown(batch, 'the answer came late')
      else this.#proposals.appended(batch, reply.firstIndex, reply.term)
    } else if (reply.overloaded) {
      this.#proposals.fail(
        batch,
        new RaftError('ERR_OVERLOADED', 'the leader has too many proposals pending'),
      )
    } else {
      this.#proposals.returnBatch(batch)
    }
  }
}
