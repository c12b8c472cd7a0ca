// Everything a node does with snapshots (Raft §7): takes its own, sends its newest one, receives and installs a leader's.

import type { ContinueSnapshot, SendSnapshot, StoreChunk } from '../../consensus/effects.js'
import type { SnapshotPoint } from '../../consensus/index.js'
import type { Input } from '../../consensus/inputs.js'
import type { LogIndex, NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { StateMachine } from '../../ports/state-machine.js'
import type { SnapshotMetadata } from '../../ports/storage.js'
import { configurationOf } from '../../wire/membership-entry.js'
import type { InstallSnapshotChunk, PeerMessage } from '../../wire/messages.js'
import type { Applier } from '../applier.js'
import type { RuntimeParts } from '../runtime-parts.js'
import type { RuntimeEvent } from '../types.js'
import { type Restored, restoreFrom } from './restore.js'
import { SnapshotReceiver } from './snapshot-receiver.js'
import { SnapshotSender } from './snapshot-sender.js'
import { type SnapshotInfo, SnapshotStore } from './snapshot-store.js'
import { Snapshotter } from './snapshotter.js'
import { WriteBarrier } from './write-barrier.js'

export interface SnapshotsHost {
  send(to: NodeId, message: PeerMessage): void
  /** Puts an input into the inbox. */
  receive(input: Input): void
  wake(): void
  emit(event: RuntimeEvent): void
  failed(error: Error): void
  /** The state machine and the sessions are those of a received snapshot now. */
  restored(metadata: SnapshotMetadata): void
}

export class Snapshots {
  readonly sender: SnapshotSender
  readonly #host: SnapshotsHost
  readonly #store: SnapshotStore
  readonly #snapshotter: Snapshotter
  readonly #receiver: SnapshotReceiver
  readonly #barrier: WriteBarrier
  readonly #applier: Applier
  readonly #machine: StateMachine<unknown, unknown, unknown>
  readonly #scheduler: Scheduler
  #stopped = false

  constructor(parts: RuntimeParts, host: SnapshotsHost, applier: Applier) {
    const { options, state, limits, scheduler, answers, restored } = parts
    this.#host = host
    this.#machine = parts.machine
    this.#applier = applier
    this.#scheduler = scheduler
    const failed = (error: Error): void => this.#failed(error)
    this.#store = new SnapshotStore(options.storage, restored?.info, failed)
    const wake = (): void => host.wake()
    const send = (to: NodeId, message: PeerMessage): void => host.send(to, message)
    const now = (): number => scheduler.now()
    this.#barrier = new WriteBarrier(state, wake)
    this.sender = new SnapshotSender(
      { state, now, send, wake, failed },
      this.#store,
      limits.snapshotChunkBytes,
    )
    this.#receiver = new SnapshotReceiver(
      {
        state,
        now,
        send,
        wake,
        stored: (from, info, installed) => void this.#install(from, info, installed),
        dropped: (from, index, error) =>
          host.emit({ type: 'SnapshotDropped', from, index, reason: error.message }),
      },
      this.#store,
      this.#barrier,
    )
    this.#snapshotter = new Snapshotter(
      {
        lastApplied: () => applier.lastApplied,
        capture: () => applier.capture(),
        pauseApplies: () => this.#pauseApplies(),
        writesPassed: () => this.#barrier.passed(),
        saved: (info, compactThrough) => this.#saved(info, compactThrough),
        failed: (index, error) => host.emit({ type: 'SnapshotFailed', index, error }),
      },
      this.#store,
      applier.bytes,
      limits,
      scheduler,
      answers,
    )
  }

  get newest(): SnapshotInfo | undefined {
    return this.#store.newest
  }

  take(): Promise<LogIndex> {
    const taken = this.#snapshotter.request()
    this.#host.wake()
    return taken
  }

  carryOut(effect: SendSnapshot | ContinueSnapshot | StoreChunk): void {
    switch (effect.type) {
      case 'SendSnapshot':
        return this.sender.begin(effect.to)
      case 'ContinueSnapshot':
        return this.sender.answered(effect.from, effect.reply)
      case 'StoreChunk':
        this.#snapshotter.abort()
        // The chunks that a node receives have their bytes with them.
        return this.#receiver.receive(effect.from, effect.chunk as InstallSnapshotChunk)
      default:
        effect satisfies never
    }
  }

  /** Once a turn, before what is to be sent leaves. */
  run(): void {
    this.#barrier.run()
    this.#receiver.run()
    this.sender.run()
    this.#snapshotter.run(this.#receiver.isReceiving)
  }

  #pauseApplies(): () => void {
    const resume = this.#applier.pause()
    return () => {
      resume()
      this.#host.wake()
    }
  }

  #saved({ metadata }: SnapshotInfo, compactThrough: LogIndex): void {
    this.#host.receive({ type: 'SnapshotSaved', now: 0, snapshot: pointOf(metadata) })
    this.#host.receive({ type: 'CompactLog', now: 0, through: compactThrough })
  }

  async #install(from: NodeId, info: SnapshotInfo, installed: () => void): Promise<void> {
    const { metadata } = info
    const resume = this.#pauseApplies()
    try {
      // Applied one by one meanwhile.
      if (metadata.index <= this.#applier.lastApplied) return this.#saved(info, 0)
      const restored = await this.#restore(metadata)
      if (this.#stopped) return
      this.#applier.restored(metadata, restored.sessions)
      this.#host.restored(metadata)
      this.#host.receive({ type: 'SnapshotRestored', now: 0, from, snapshot: pointOf(metadata) })
    } catch (error) {
      this.#failed(error as Error)
    } finally {
      installed()
      resume()
    }
  }

  async #restore({ index }: SnapshotMetadata): Promise<Restored> {
    const stored = await this.#store.open()
    if (stored?.metadata.index !== index)
      throw new RaftError('ERR_STORAGE', `the snapshot of index ${index} was stored, and is not there`)
    return restoreFrom(stored, this.#machine, this.#scheduler)
  }

  #failed(error: Error): void {
    if (!this.#stopped) this.#host.failed(error)
  }

  stop(error: RaftError): void {
    this.#stopped = true
    this.#snapshotter.stop(error)
    this.#receiver.stop(error)
    this.sender.stop()
    this.#barrier.stop()
  }
}

export function pointOf({ index, term, members }: SnapshotMetadata): SnapshotPoint {
  return { lastIncludedIndex: index, lastIncludedTerm: term, configuration: configurationOf(members) }
}
