// What a disk was asked to do, in the order in which it happened: from any prefix of it, what a crash may leave follows.
import type { Told } from './told.js'

/** The files of a disk at rest: what is durable, and nothing else. By path. */
export type Image = ReadonlyMap<string, Buffer>

export type Operation =
  | { readonly type: 'create'; readonly path: string; readonly inode: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'remove'; readonly path: string }
  /** In the cache. From here on any of its sectors may be on the disk. */
  | { readonly type: 'write'; readonly inode: number; readonly position: number; readonly bytes: Buffer }
  /** Cuts the file off; pending like a write, until it is synced. */
  | { readonly type: 'truncate'; readonly inode: number; readonly length: number }
  /** The operation with that number is on the disk. */
  | { readonly type: 'writtenThrough'; readonly write: number }
  /** What was written to the file before operation `before` is on the disk. */
  | { readonly type: 'synced'; readonly inode: number; readonly before: number }
  /** Names that were changed before operation `before` are on the disk. */
  | { readonly type: 'namesSynced'; readonly before: number }
  /** From here on, this is what the storage has promised. */
  | { readonly type: 'told'; readonly told: Told }

export interface Recording {
  readonly base: Image
  readonly operations: readonly Operation[]
}
