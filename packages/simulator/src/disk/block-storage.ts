// The Storage port at the level of whole batches: asynchronous, slow, hung and failing writes, without files.
import {
  type EntryBlock,
  RaftError,
  type SnapshotMetadata,
  type Storage,
  type StorageIdentity,
  type StoredSnapshot,
  type StoredState,
  type WriteBatch,
  type WriteCompleted,
} from '@riverraft/core'
import type { Process } from '../world/process.js'
import type { BlockDisk } from './block-disk.js'
import { ERRORS, SLOW_MS_MAX } from './disk-faults.js'

interface Pending {
  readonly batch: WriteBatch
  readonly completed: WriteCompleted
}

export class BlockStorage implements Storage {
  readonly name = 'simulated'
  readonly durable = true
  readonly #disk: BlockDisk
  readonly #process: Process
  #pending: Pending | undefined
  /** Makes the snapshot that is being saved durable. */
  #saving: (() => void) | undefined
  #hung = false
  #poison: RaftError | undefined
  #closed = false
  #idle: (() => void) | undefined

  constructor(disk: BlockDisk, process: Process) {
    this.#disk = disk
    this.#process = process
  }

  async open(identity: StorageIdentity): Promise<StoredState> {
    await this.#takesTime()
    if (this.#disk.world.tapes.disk.chance(this.#disk.faults.failedRead)) throw this.#fails('open', 'EIO')
    return this.#disk.image.open(identity)
  }

  write(batch: WriteBatch, completed: WriteCompleted): void {
    if (this.#poison !== undefined || this.#closed) return completed(this.#poison ?? storageError('closed'))
    if (this.#pending !== undefined) throw new Error('two writes in flight')
    this.#disk.image.check(batch)
    const { world, faults } = this.#disk
    const pending = { batch, completed }
    this.#pending = pending
    const { slowWrite, hungWrite, failedWrite } = faults
    const fate = world.tapes.disk.pick([slowWrite, hungWrite, failedWrite])
    if (fate === 2) {
      world.coverage.hit('disk: hung write')
      this.#hung = true
      return
    }
    if (fate === 1) world.coverage.hit('disk: slow write')
    const ms = this.#disk.latency() + (fate === 1 ? world.tapes.disk.fraction() * SLOW_MS_MAX : 0)
    const finish = (): void => this.#finish(pending, fate === 3)
    if (ms === 0) return finish()
    world.after(ms, () => this.#process.run(finish))
  }

  #finish(pending: Pending, failed: boolean): void {
    if (this.#pending !== pending) return
    this.#pending = undefined
    const { disk: tape } = this.#disk.world.tapes
    // After an error nobody knows whether it is on the disk.
    if (!failed || tape.below(2) === 1) this.#disk.image.store(pending.batch)
    const error = failed ? this.#fails('write', ERRORS[tape.below(ERRORS.length)]!) : undefined
    pending.completed(error)
    this.#idle?.()
  }

  #fails(call: string, code: string): RaftError {
    this.#disk.world.coverage.hit(`disk: ${code} on ${call}`)
    this.#poison = storageError(`${code} on ${call}`)
    return this.#poison
  }

  async read(from: number, bytesMax: number): Promise<readonly EntryBlock[]> {
    await this.#takesTime()
    if (this.#poison !== undefined) throw this.#poison
    if (this.#disk.world.tapes.disk.chance(this.#disk.faults.failedRead)) throw this.#fails('read', 'EIO')
    return this.#disk.image.read(from, bytesMax)
  }

  #takesTime(): Promise<void> {
    const { world } = this.#disk
    return new Promise((resolve) => {
      world.after(this.#disk.latency(), () =>
        this.#process.run(() => {
          world.touchPromises()
          resolve()
        }),
      )
    })
  }

  /** It is on the disk as a whole, or not at all. */
  async saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(new Uint8Array(piece))
    const { world, faults, image } = this.#disk
    this.#saving = () => {
      image.snapshot = { metadata, content: pieces }
    }
    await this.#takesTime()
    const save = this.#saving
    this.#saving = undefined
    if (this.#poison !== undefined) throw this.#poison
    const failed = world.tapes.disk.chance(faults.failedWrite)
    if (!failed || world.tapes.disk.below(2) === 1) save?.()
    if (failed) throw this.#fails('save snapshot', ERRORS[world.tapes.disk.below(ERRORS.length)]!)
  }

  async openSnapshot(): Promise<StoredSnapshot | undefined> {
    await this.#takesTime()
    if (this.#poison !== undefined) throw this.#poison
    return this.#disk.image.openSnapshot()
  }

  async compact(through: number): Promise<void> {
    await this.#takesTime()
    if (this.#poison !== undefined) throw this.#poison
    this.#disk.image.compact(through)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#pending !== undefined) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** A hung write completes after all. */
  release(): void {
    const pending = this.#pending
    if (!this.#hung || pending === undefined) return
    this.#hung = false
    this.#process.run(() => {
      this.#disk.world.touchPromises()
      this.#finish(pending, false)
    })
  }

  crash(): void {
    const pending = this.#pending
    this.#pending = undefined
    this.#closed = true
    const { disk: tape } = this.#disk.world.tapes
    if (this.#saving !== undefined && tape.below(2) === 1) this.#saving()
    this.#saving = undefined
    if (pending === undefined) return
    const kept = tape.below(2) === 1
    this.#disk.world.coverage.hit(`disk: unsynced write ${kept ? 'survives' : 'is lost in'} a crash`)
    if (kept) this.#disk.image.store(pending.batch)
  }
}

function storageError(what: string): RaftError {
  return new RaftError('ERR_STORAGE', `simulated storage: ${what}`)
}
