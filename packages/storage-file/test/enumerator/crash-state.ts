// A disk in the middle of a recording: what is durable, and what is on the way there.
import type { Image, Operation } from './operations.js'
import { NOTHING, type Told } from './told.js'

export interface PendingWrite {
  readonly position: number
  readonly bytes: Buffer
}

export interface PendingTruncation {
  readonly length: number
}

export type PendingChange = PendingWrite | PendingTruncation

export interface FileState {
  durable: Buffer
  /** What is not known to be on the disk, in order. */
  pending: (PendingChange & { readonly number: number })[]
}

/** A change of names that happens as one step. */
interface NameChange {
  readonly number: number
  readonly link: { readonly path: string; readonly inode: number } | undefined
  readonly unlink: string | undefined
}

export class CrashState {
  readonly files: FileState[] = []
  /** Inodes by path: as processes see them, and as they are on the disk. */
  readonly #names = new Map<string, number>()
  readonly durableNames: Map<string, number>
  changes: NameChange[] = []
  told: Told = NOTHING
  #done = 0

  constructor(base: Image) {
    for (const [path, bytes] of base) {
      this.#names.set(path, this.files.length)
      this.files.push({ durable: bytes, pending: [] })
    }
    this.durableNames = new Map(this.#names)
  }

  advance(operation: Operation, operations: readonly Operation[]): void {
    const number = this.#done++
    switch (operation.type) {
      case 'create': {
        const { path, inode } = operation
        this.files.push({ durable: Buffer.alloc(0), pending: [] })
        return this.#change({ number, link: { path, inode }, unlink: undefined })
      }
      case 'rename': {
        const { from, to } = operation
        return this.#change({ number, link: { path: to, inode: this.#names.get(from)! }, unlink: from })
      }
      case 'remove':
        return this.#change({ number, link: undefined, unlink: operation.path })
      case 'write':
      case 'truncate':
        this.files[operation.inode]!.pending.push({ number, ...operation })
        return
      case 'writtenThrough':
        return this.#writtenThrough(operation.write, operations)
      case 'synced':
        return settle(this.files[operation.inode]!, ({ number }) => number < operation.before)
      case 'namesSynced': {
        for (const change of this.changes)
          if (change.number < operation.before) apply(this.durableNames, change)
        this.changes = this.changes.filter((change) => change.number >= operation.before)
        return
      }
      case 'told':
        this.told = operation.told
    }
  }

  #change(change: NameChange): void {
    this.changes.push(change)
    apply(this.#names, change)
  }

  /** That write, and what was written to the same place before it: the cache holds both in one page. */
  #writtenThrough(number: number, operations: readonly Operation[]): void {
    const write = operations[number]!
    if (write.type !== 'write') throw new Error(`operation ${number} is no write`)
    const end = write.position + write.bytes.length
    const isBefore = (other: PendingChange): boolean =>
      isWrite(other) && other.position < end && write.position < other.position + other.bytes.length
    settle(this.files[write.inode]!, (other) => other.number <= number && isBefore(other))
  }

  /** The names on the disk when these of the pending changes have reached it. */
  namesWith(isKept: (change: number) => boolean): Map<string, number> {
    const names = new Map(this.durableNames)
    for (const [i, change] of this.changes.entries()) if (isKept(i)) apply(names, change)
    return names
  }
}

function apply(names: Map<string, number>, { link, unlink }: NameChange): void {
  if (unlink !== undefined) names.delete(unlink)
  if (link !== undefined) names.set(link.path, link.inode)
}

/** These changes are on the disk. */
function settle(file: FileState, isDurable: (change: FileState['pending'][number]) => boolean): void {
  for (const change of file.pending) if (isDurable(change)) file.durable = changed(file.durable, change)
  file.pending = file.pending.filter((change) => !isDurable(change))
}

export function isWrite(change: PendingChange): change is PendingWrite {
  return 'bytes' in change
}

/** Longer if need be, with zeros between; or shorter. */
export function changed(bytes: Buffer, change: PendingChange): Buffer {
  if (!isWrite(change)) return bytes.subarray(0, change.length)
  const { position, bytes: written } = change
  const copy = Buffer.concat([bytes], Math.max(bytes.length, position + written.length))
  written.copy(copy, position)
  return copy
}
