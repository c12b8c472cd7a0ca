// Group commit: one write in flight; whatever arrives meanwhile forms the next one.
import type { Persist } from '../consensus/effects.js'
import type { HardState, LogIndex } from '../consensus/types.js'
import type { LogPosition, Storage, StoredBlock } from '../ports/storage.js'

interface Batch {
  /** The last write number this batch completes. */
  write: number
  hardState: HardState | undefined
  truncateFrom: LogIndex | undefined
  restartBehind: LogPosition | undefined
  blocks: StoredBlock[]
  bytes: number
}

/** What a block takes besides its bytes: objects that stand for it. */
const BLOCK_OVERHEAD_BYTES = 256

export interface LogWriterEvents {
  /** All writes up to `write` are durable. May be called from within `start`. */
  persisted(write: number): void
  /** The storage is poisoned: nothing may be promised any more. */
  failed(error: Error): void
}

export class LogWriter {
  readonly #storage: Storage
  readonly #events: LogWriterEvents
  readonly #waiting: Batch[] = []
  #writing = false
  /** Bytes of blocks whose write has not completed. */
  unwrittenBytes = 0
  #idle: (() => void) | undefined

  constructor(storage: Storage, events: LogWriterEvents) {
    this.#storage = storage
    this.#events = events
  }

  /** `restartBehind`: the blocks begin the log anew, behind this entry. */
  add(persist: Persist, blocks: readonly StoredBlock[], restartBehind?: LogPosition): void {
    const { write, hardState, truncateFrom } = persist
    let bytes = 0
    for (const { block } of blocks) bytes += block.byteLength + BLOCK_OVERHEAD_BYTES
    this.unwrittenBytes += bytes
    const last = this.#waiting.at(-1)
    // A truncation, or a restart, comes first in a batch: it can join only one that has no blocks for it to cut.
    const cuts = truncateFrom !== undefined || restartBehind !== undefined
    if (last !== undefined && (!cuts || last.blocks.length === 0)) {
      last.write = write
      last.hardState = hardState ?? last.hardState
      last.truncateFrom = least(last.truncateFrom, truncateFrom)
      last.restartBehind ??= restartBehind
      for (const block of blocks) last.blocks.push(block)
      last.bytes += bytes
    } else {
      this.#waiting.push({ write, hardState, truncateFrom, restartBehind, blocks: [...blocks], bytes })
    }
  }

  /** Storage may forget entries up to `through`, when it likes. */
  forget(through: LogIndex): void {
    this.#storage.compact(through).catch((error: Error) => this.#events.failed(error))
  }

  /** Starts the next write unless one is in flight. A storage that completes at once gets them all. */
  start(): void {
    while (!this.#writing) {
      const batch = this.#waiting.shift()
      if (batch === undefined) return
      this.#writing = true
      try {
        this.#storage.write(batch, (error) => this.#completed(batch, error))
      } catch (error) {
        this.#completed(batch, error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  #completed(batch: Batch, error: Error | undefined): void {
    this.#writing = false
    this.unwrittenBytes -= batch.bytes
    this.#idle?.()
    if (error === undefined) return this.#events.persisted(batch.write)
    this.#waiting.length = 0
    this.#events.failed(error)
  }

  /** Resolves when no write is in flight; what waits is dropped. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    if (this.#writing) await new Promise<void>((resolve) => (this.#idle = resolve))
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
