// One server's snapshots: taking, sending and receiving them, in steps that a test may put anything between.
import { configurationAt } from '../../src/consensus/configuration.js'
import type { InstallSnapshot, LogIndex, NodeId, SnapshotPoint } from '../../src/consensus/index.js'
import type { Snapshot } from './disk.js'
import type { Entry } from './entry.js'
import type { Server } from './server.js'

/** What travels: all that the receiver is to know of the snapshot is with it. */
type Chunk = InstallSnapshot & SnapshotPoint

interface Receiving {
  readonly from: NodeId
  readonly snapshot: Snapshot
  /** Durable only after the writes that were under way when it began. */
  readonly afterWrite: number
}

export class Snapshots {
  readonly #server: Server
  #taken: { readonly snapshot: Snapshot; readonly afterWrite: number } | undefined
  #receiving: Receiving | undefined
  #restoring: Receiving | undefined

  constructor(server: Server) {
    this.#server = server
  }

  /** The process is gone, and with it what was not durable. */
  crash(): void {
    this.#taken = undefined
    this.#receiving = undefined
    this.#restoring = undefined
  }

  /** Captures what is applied. */
  take(): void {
    const { state, entries } = this.#server
    const { lastApplied, snapshot } = state
    if (lastApplied <= snapshot.lastIncludedIndex) return
    const point = {
      lastIncludedIndex: lastApplied,
      lastIncludedTerm: entries[lastApplied - 1]!.term,
      configuration: configurationAt(state, lastApplied).configuration,
    }
    const content = { point, entries: entries.slice(0, lastApplied) }
    this.#taken = { snapshot: content, afterWrite: state.writes.started }
  }

  /** What was captured is durable, unless what was written before it is not yet. */
  save(): void {
    if (this.#taken === undefined || this.#server.state.writes.persisted < this.#taken.afterWrite) return
    const { snapshot } = this.#taken
    this.#taken = undefined
    if (this.#isOld(snapshot.point)) return
    this.#server.disk.snapshot = snapshot
    this.#server.step({ type: 'SnapshotSaved', snapshot: snapshot.point })
  }

  #isOld({ lastIncludedIndex }: SnapshotPoint): boolean {
    return lastIncludedIndex <= (this.#server.disk.snapshot?.point.lastIncludedIndex ?? 0)
  }

  compact(through: LogIndex): void {
    this.#server.step({ type: 'CompactLog', through })
  }

  /** Sends the whole of it as one chunk: how content is cut and collected is no matter of consensus. */
  send(to: NodeId): void {
    const { state, disk } = this.#server
    const { point, entries } = disk.snapshot!
    const term = state.currentTerm
    const message: Chunk = { type: 'InstallSnapshot', term, ...point, offset: 0, totalBytes: 1 }
    this.#server.sendAtOnce(to, message, entries)
  }

  sendAgain(): void {
    const { role } = this.#server.state
    if (role.role !== 'leader') return
    for (const [to, { state }] of role.followers) if (state === 'snapshot') this.send(to)
  }

  receive(from: NodeId, chunk: InstallSnapshot, entries: readonly Entry[]): void {
    const { writes } = this.#server.state
    const { lastIncludedIndex, lastIncludedTerm, configuration } = chunk as Chunk
    const snapshot = { point: { lastIncludedIndex, lastIncludedTerm, configuration }, entries }
    this.#receiving = { from, snapshot, afterWrite: writes.started }
  }

  /** What was received is durable, unless it is old by now. */
  keep(): void {
    const receiving = this.#receiving
    if (receiving === undefined || this.#server.state.writes.persisted < receiving.afterWrite) return
    this.#receiving = undefined
    const { point } = receiving.snapshot
    if (this.#isOld(point) || point.lastIncludedIndex <= this.#server.state.lastApplied) return
    this.#server.disk.snapshot = receiving.snapshot
    this.#restoring = receiving
  }

  /** The state machine has been restored from it. */
  restore(): void {
    const restored = this.#restoring
    this.#restoring = undefined
    if (restored === undefined) return
    const { point, entries } = restored.snapshot
    // Applied one by one meanwhile: a snapshot of its own, as it were.
    if (point.lastIncludedIndex <= this.#server.state.lastApplied)
      this.#server.step({ type: 'SnapshotSaved', snapshot: point })
    else {
      this.#server.learnFirstVoters(restored.snapshot)
      this.#server.step({ type: 'SnapshotRestored', from: restored.from, snapshot: point }, entries)
    }
  }
}
