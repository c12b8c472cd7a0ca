// Sends this leader's newest snapshot to the followers that need it (Raft §7), beside live replication.
import type { State } from '../../consensus/index.js'
import { followerOf, maySend } from '../../consensus/log-compaction.js'
import type { InstallSnapshotReply } from '../../consensus/messages.js'
import type { NodeId } from '../../consensus/types.js'
import type { InstallSnapshotChunk } from '../../wire/messages.js'
import type { SnapshotProgress } from '../types.js'
import { OutgoingSnapshot, SnapshotReplaced } from './outgoing-snapshot.js'
import type { SnapshotStore } from './snapshot-store.js'

export interface SenderHost {
  readonly state: State
  now(): number
  send(to: NodeId, chunk: InstallSnapshotChunk): void
  wake(): void
  /** The storage is poisoned, or its snapshot is damaged. */
  failed(error: Error): void
}

export class SnapshotSender {
  readonly #host: SenderHost
  readonly #store: SnapshotStore
  readonly #chunkBytesMax: number
  readonly #outgoing = new Map<NodeId, OutgoingSnapshot>()
  #term = 0

  constructor(host: SenderHost, store: SnapshotStore, chunkBytesMax: number) {
    this.#host = host
    this.#store = store
    this.#chunkBytesMax = chunkBytesMax
  }

  /** `to` needs the newest one. One that is under way goes on, unless there is a newer one. */
  begin(to: NodeId): void {
    this.#outgoing.get(to)?.close()
    this.#outgoing.delete(to)
    const info = this.#store.newest!
    const { state } = this.#host
    const follower = followerOf(state, to)
    if (follower === undefined || !maySend(follower, info.metadata.index)) return
    const outgoing: OutgoingSnapshot = new OutgoingSnapshot(info, {
      term: state.currentTerm,
      chunkBytesMax: this.#chunkBytesMax,
      patienceMs: state.options.electionTimeoutMsMin,
      // The other half of the interval until the next one is room for the path itself.
      delayMsMax: state.options.heartbeatMs / 2,
      now: () => this.#host.now(),
      open: () => this.#store.open(),
      send: (chunk) => this.#host.send(to, chunk),
      wake: () => this.#host.wake(),
      failed: (error) => this.#readFailed(to, outgoing, error),
    })
    this.#term = state.currentTerm
    this.#outgoing.set(to, outgoing)
    this.#host.wake()
  }

  /**
   * Newer ones may have taken its place while it was read: then the newest one is sent. Storage has it a little before
   * this node is told so: until then the follower is asked again, after a while.
   */
  #readFailed(to: NodeId, outgoing: OutgoingSnapshot, error: Error): void {
    if (this.#outgoing.get(to) !== outgoing) return
    if (this.#store.newest !== outgoing.info) return this.begin(to)
    if (error instanceof SnapshotReplaced) return outgoing.askLater()
    this.#host.failed(error)
  }

  answered(from: NodeId, reply: InstallSnapshotReply): void {
    const outgoing = this.#outgoing.get(from)
    if (outgoing?.info.metadata.index === reply.lastIncludedIndex) outgoing.answered(reply)
  }

  linkUp(peer: NodeId): void {
    this.#outgoing.get(peer)?.ask()
  }

  /** Once a turn. */
  run(): void {
    if (this.#outgoing.size === 0) return
    const { role, currentTerm } = this.#host.state
    for (const [to, outgoing] of this.#outgoing) {
      const follower =
        role.role === 'leader' && currentTerm === this.#term ? role.followers.get(to) : undefined
      if (follower?.state === 'snapshot') outgoing.run()
      else this.#end(to, outgoing)
    }
  }

  #end(to: NodeId, outgoing: OutgoingSnapshot): void {
    outgoing.close()
    this.#outgoing.delete(to)
  }

  progressOf(to: NodeId): SnapshotProgress | undefined {
    const outgoing = this.#outgoing.get(to)
    if (outgoing === undefined) return undefined
    const { info, ackedOffset } = outgoing
    return { index: info.metadata.index, sentBytes: ackedOffset, totalBytes: info.byteLength }
  }

  stop(): void {
    for (const [to, outgoing] of this.#outgoing) this.#end(to, outgoing)
  }
}
