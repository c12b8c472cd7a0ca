// Collects the leader's snapshot (Raft §7, Figure 13): at most one at a time, stored as it arrives.
import type { State } from '../../consensus/index.js'
import type { LogIndex, NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { InstallSnapshotChunk, PeerMessage } from '../../wire/messages.js'
import { IncomingSnapshot } from './incoming-snapshot.js'
import type { SnapshotInfo, SnapshotStore } from './snapshot-store.js'
import type { WriteBarrier } from './write-barrier.js'

/** A transfer that rests for so long is given up: its leader is gone, or found another way. */
const IDLE_MS_MAX = 60_000

export interface ReceiverHost {
  readonly state: State
  now(): number
  send(to: NodeId, message: PeerMessage): void
  /** Asks for a turn. */
  wake(): void
  /** It is durable: the state machine is to be restored from it. `installed` is to be called when that is done. */
  stored(from: NodeId, info: SnapshotInfo, installed: () => void): void
  /** It was not stored, and nothing is left of it. */
  dropped(from: NodeId, index: LogIndex, error: Error): void
}

export class SnapshotReceiver {
  readonly #host: ReceiverHost
  readonly #store: SnapshotStore
  readonly #barrier: WriteBarrier
  #incoming: IncomingSnapshot | undefined
  /** Storage has taken some of it: there is room to tell of. */
  #hasRoom = false

  constructor(host: ReceiverHost, store: SnapshotStore, barrier: WriteBarrier) {
    this.#host = host
    this.#store = store
    this.#barrier = barrier
  }

  /** True from the first chunk until the state machine is restored. */
  get isReceiving(): boolean {
    return this.#incoming !== undefined
  }

  receive(from: NodeId, chunk: InstallSnapshotChunk): void {
    const incoming = this.#of(from, chunk)
    if (incoming === undefined) return
    incoming.touchedAt = this.#host.now()
    incoming.term = chunk.term
    // In order: storage says when there is room for more. Anything else, and a question, is told where to go on.
    if (!incoming.add(chunk)) this.#reply(incoming)
  }

  /** The transfer this belongs to: the one under way, or a new one in its place; undefined: neither. */
  #of(from: NodeId, chunk: InstallSnapshotChunk): IncomingSnapshot | undefined {
    const present = this.#incoming
    if (present?.isOf(from, chunk)) return present
    if (present !== undefined) {
      // Two leaders' snapshots at once (etcd#18055): the later term's counts. An old one of the same leader is a late copy.
      const isLate = chunk.term <= present.term && chunk.lastIncludedIndex <= present.head.lastIncludedIndex
      if (isLate || present.isWhole) return undefined
      present.abort(new RaftError('ERR_STATE_MACHINE', 'another snapshot takes its place'))
    }
    return this.#begin(from, chunk)
  }

  #begin(from: NodeId, head: InstallSnapshotChunk): IncomingSnapshot {
    const incoming = new IncomingSnapshot(from, head, this.#host.now(), () => {
      this.#hasRoom = true
      this.#host.wake()
    })
    this.#incoming = incoming
    const { lastIncludedIndex: index, lastIncludedTerm: term, members, timestamp } = head
    const content = incoming.content(() => this.#barrier.passed())
    const ended = (): void => {
      if (this.#incoming === incoming) this.#incoming = undefined
    }
    this.#store.save({ index, term, members, timestamp }, content).then(
      (info) => this.#host.stored(from, info, ended),
      (error: Error) => {
        ended()
        this.#host.dropped(from, index, error)
      },
    )
    return incoming
  }

  /** Once a turn. */
  run(): void {
    const { state } = this.#host
    const incoming = this.#incoming
    if (incoming === undefined) return
    if (incoming.head.lastIncludedIndex <= state.commitIndex)
      incoming.abort(new RaftError('ERR_STATE_MACHINE', 'the log has come as far'))
    else if (this.#host.now() - incoming.touchedAt > IDLE_MS_MAX)
      incoming.abort(new RaftError('ERR_TIMEOUT', 'no more of it arrived'))
    if (!this.#hasRoom) return
    this.#hasRoom = false
    this.#reply(incoming)
  }

  #reply({ from, head, term, nextOffset, creditOffset }: IncomingSnapshot): void {
    const { lastIncludedIndex } = head
    if (term !== this.#host.state.currentTerm) return
    const progress = { lastIncludedIndex, matchIndex: 0, nextOffset, creditOffset }
    this.#host.send(from, { type: 'InstallSnapshotReply', term, ...progress })
  }

  stop(error: Error): void {
    this.#incoming?.abort(error)
  }
}
