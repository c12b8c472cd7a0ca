// A storage that does one thing otherwise; the rest is done by the right one.
import type { Storage, WriteBatch } from '@riverraft/core'
import type { Alter, Base } from '../suite.js'

export interface Broken extends Base {
  /** Goes on: "a storage that …". */
  readonly what: string
  /** The case that must catch it, by its name or how that begins. */
  readonly caughtBy: string
  /** What it says then. */
  readonly saying: RegExp
}

export function altered(storage: Storage, other: Partial<Storage>): Storage {
  return {
    name: storage.name,
    durable: storage.durable,
    open: (identity) => storage.open(identity),
    write: (batch, completed) => storage.write(batch, completed),
    read: (from, bytesMax) => storage.read(from, bytesMax),
    saveSnapshot: (metadata, content) => storage.saveSnapshot(metadata, content),
    openSnapshot: () => storage.openSnapshot(),
    compact: (through) => storage.compact(through),
    close: () => storage.close(),
    ...other,
  }
}

/** One that writes another batch than it is given. */
export function writing(change: (batch: WriteBatch) => WriteBatch): Alter {
  return (storage) =>
    altered(storage, { write: (batch, completed) => storage.write(change(batch), completed) })
}

/** One that makes several writes of one. */
export function splitting(split: (batch: WriteBatch) => readonly WriteBatch[]): Alter {
  return (storage) =>
    altered(storage, {
      write: (batch, completed) => {
        const parts = [...split(batch)]
        const next = (error?: Error): void => {
          const part = parts.shift()
          if (error !== undefined || part === undefined) completed(error)
          else storage.write(part, next)
        }
        next()
      },
    })
}
