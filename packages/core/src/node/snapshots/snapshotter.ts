// Takes snapshots of this node's own state (Raft §7): when enough log has been applied since the last one, or on request.
import type { LogIndex } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { MachineSnapshot } from '../../ports/state-machine.js'
import type { SnapshotMetadata } from '../../ports/storage.js'
import { type Answers, Waiter } from '../answers.js'
import type { Session } from '../sessions/session.js'
import type { AppliedBytes } from './applied-bytes.js'
import { contentOf } from './content.js'
import { inSlices } from './in-slices.js'
import { sessionRecords } from './session-records.js'
import type { SnapshotInfo, SnapshotStore } from './snapshot-store.js'

export interface SnapshotLimits {
  readonly snapshotLogBytesMin: number
  readonly snapshotLogFactor: number
  readonly snapshotIntervalMsMin: number
  readonly snapshotTrailingBytes: number
}

/** What is applied, as it was when it was captured. */
export interface Captured {
  readonly metadata: SnapshotMetadata
  readonly sessions: readonly Session[]
  readonly machine: MachineSnapshot
}

export interface SnapshotterHost {
  lastApplied(): LogIndex
  /** May run the state machine's own code, and throw what that throws. */
  capture(): Captured
  /** Nothing is applied until the returned function is called. */
  pauseApplies(): () => void
  /** Resolves when what is applied by now is durable in the log, too. */
  writesPassed(): Promise<void>
  /** It is durable. The log is wanted from behind `compactThrough` on. */
  saved(info: SnapshotInfo, compactThrough: LogIndex): void
  failed(index: LogIndex, error: RaftError): void
}

interface Taking {
  readonly index: LogIndex
  readonly waiters: Waiter<LogIndex>[]
  aborted: RaftError | undefined
}

export class Snapshotter {
  readonly #host: SnapshotterHost
  readonly #store: SnapshotStore
  readonly #bytes: AppliedBytes
  readonly #limits: SnapshotLimits
  readonly #scheduler: Scheduler
  readonly #answers: Answers
  #taking: Taking | undefined
  /** Of those who asked while another one was being taken. */
  #next: Waiter<LogIndex>[] = []
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(
    host: SnapshotterHost,
    store: SnapshotStore,
    bytes: AppliedBytes,
    limits: SnapshotLimits,
    scheduler: Scheduler,
    answers: Answers,
  ) {
    this.#host = host
    this.#store = store
    this.#bytes = bytes
    this.#limits = limits
    this.#scheduler = scheduler
    this.#answers = answers
  }

  /** Somebody wants one of everything that is applied by now. */
  request(): Promise<LogIndex> {
    const waiter = new Waiter<LogIndex>()
    const lastApplied = this.#host.lastApplied()
    if (this.#taking?.index === lastApplied) this.#taking.waiters.push(waiter)
    else this.#next.push(waiter)
    return waiter.promise
  }

  /** Once a turn. `isInstalling`: the leader's snapshot is about to replace the state. */
  run(isInstalling: boolean): void {
    if (this.#taking !== undefined || isInstalling) return
    if (this.#next.length === 0 && !this.#isDue) return
    const waiters = this.#next
    this.#next = []
    const lastApplied = this.#host.lastApplied()
    const newest = this.#store.newest?.metadata.index ?? 0
    if (lastApplied > newest) return this.#take(waiters)
    for (const waiter of waiters) waiter.succeed(newest, this.#answers)
  }

  get #isDue(): boolean {
    const { snapshotLogBytesMin, snapshotLogFactor, snapshotIntervalMsMin } = this.#limits
    const enough = Math.max(snapshotLogBytesMin, snapshotLogFactor * (this.#store.newest?.byteLength ?? 0))
    if (this.#bytes.sinceSnapshot <= enough) return false
    return this.#scheduler.now() - this.#lastAt >= snapshotIntervalMsMin
  }

  #take(waiters: Waiter<LogIndex>[]): void {
    const taking: Taking = { index: this.#host.lastApplied(), waiters, aborted: undefined }
    this.#taking = taking
    this.#lastAt = this.#scheduler.now()
    this.#save(taking).then(
      (info) => this.#saved(taking, info),
      (error) => this.#failed(taking, error),
    )
  }

  async #save(taking: Taking): Promise<SnapshotInfo> {
    const { metadata, sessions, machine } = this.#host.capture()
    this.#bytes.snapshotTaken()
    const content = contentOf({ sessions: sessionRecords(sessions), machine: machine.content })
    const resume = machine.appliesWait ? this.#host.pauseApplies() : undefined
    try {
      const written = this.#host.writesPassed()
      const ended = (): Promise<void> => {
        resume?.()
        return written
      }
      const pieces = inSlices(untilAborted(content, taking, ended), this.#scheduler)
      return await this.#store.save(metadata, pieces)
    } finally {
      resume?.()
    }
  }

  #saved(taking: Taking, info: SnapshotInfo): void {
    this.#taking = undefined
    this.#host.saved(info, this.#bytes.indexBefore(this.#limits.snapshotTrailingBytes))
    for (const waiter of taking.waiters) waiter.succeed(taking.index, this.#answers)
  }

  #failed(taking: Taking, cause: unknown): void {
    this.#taking = undefined
    const message = `the snapshot of index ${taking.index} was not taken`
    const error = cause instanceof RaftError ? cause : new RaftError('ERR_STATE_MACHINE', message, { cause })
    // The leader's snapshot is about to take its place: what was wanted is had then.
    if (taking.aborted !== undefined) this.#next.unshift(...taking.waiters)
    else for (const waiter of taking.waiters) waiter.fail(error, this.#answers)
    this.#host.failed(taking.index, error)
  }

  /** The state is about to be replaced: the one that is being taken is given up. */
  abort(): void {
    if (this.#taking !== undefined)
      this.#taking.aborted = new RaftError('ERR_STATE_MACHINE', "the leader's snapshot replaces the state")
  }

  stop(error: RaftError): void {
    const waiters = [...this.#next.splice(0), ...(this.#taking?.waiters.splice(0) ?? [])]
    for (const waiter of waiters) waiter.fail(error, this.#answers)
    if (this.#taking !== undefined) this.#taking.aborted = error
  }
}

/** When the machine's bytes are all made, applies may go on. The snapshot counts when this ends. */
async function* untilAborted(
  content: AsyncIterable<Uint8Array>,
  taking: Taking,
  ended: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of content) {
    if (taking.aborted !== undefined) throw taking.aborted
    yield piece
  }
  await ended()
  if (taking.aborted !== undefined) throw taking.aborted
}
