// The store itself: a map, its newest changes, and the rules of each operation. Nothing here reads a clock.
import type { LogIndex } from '@riverraft/core'
import { Capture } from './capture.js'
import type { CompareAndSet, Delete, KvCommand, KvExpected, KvValue, Put } from './command.js'
import { ChangeHistory, type HistoryLimits } from './history.js'
import { ChangeWatch, type KvWatch, type WatchOptions } from './watch.js'

/** A key with its value and the indexes of the commands that made it and last set it. Never changed, only replaced. */
export interface KvEntry {
  readonly key: string
  readonly value: KvValue
  readonly createdIndex: LogIndex
  readonly modifiedIndex: LogIndex
}

/** What a command did. */
export type KvResult =
  | { readonly type: 'put'; readonly created: boolean }
  /** `deleted`: there was such a key. */
  | { readonly type: 'delete'; readonly deleted: boolean }
  /** `entry`: the key as it is after the command, also when it was not as expected. */
  | { readonly type: 'cas'; readonly succeeded: boolean; readonly entry: KvEntry | undefined }

/** What a query of `node.read` sees. Byte values are the store's own: copy them to change them. */
export interface KvState {
  /** The index of the last command applied. */
  readonly index: LogIndex
  readonly size: number
  get(key: string): KvEntry | undefined
  /** The keys that begin with `prefix`, all without one, in the order of their UTF-16 units. */
  list(prefix?: string): KvEntry[]
  /** @throws RaftError ERR_WATCH_COMPACTED, ERR_INVALID_OPTION */
  watch(options?: WatchOptions): KvWatch
}

export class Store implements KvState {
  #entries = new Map<string, KvEntry>()
  /** Snapshots that are being written: they are told what is about to change. */
  readonly #captures = new Set<Capture>()
  readonly #history: ChangeHistory
  index: LogIndex = 0

  constructor(limits: HistoryLimits) {
    this.#history = new ChangeHistory(limits)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): KvEntry | undefined {
    return this.#entries.get(key)
  }

  list(prefix = ''): KvEntry[] {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort()
    return keys.map((key) => this.#entries.get(key)!)
  }

  watch(options: WatchOptions = {}): KvWatch {
    return new ChangeWatch(this.#history, this.index + 1, options)
  }

  /** The entries as of now, to be read while the store goes on. */
  capture(): Capture {
    // One at a time: whoever takes another has given the one before up.
    for (const earlier of [...this.#captures]) earlier.end()
    const capture = new Capture(this.#entries, this.index, () => this.#captures.delete(capture))
    this.#captures.add(capture)
    return capture
  }

  /** Takes another content in one step. Watches that have not seen all up to `index` fail. */
  replace(entries: Map<string, KvEntry>, index: LogIndex): void {
    for (const capture of [...this.#captures]) capture.end()
    this.#entries = entries
    this.index = index
    this.#history.restart(index + 1)
  }

  apply(command: KvCommand, index: LogIndex): KvResult {
    this.index = index
    switch (command.type) {
      case 'put':
        return this.#put(command, index)
      case 'delete':
        return this.#delete(command, index)
      case 'cas':
        return this.#compareAndSet(command, index)
      default:
        return command satisfies never
    }
  }

  #put({ key, value }: Put, index: LogIndex): KvResult {
    return { type: 'put', created: this.#set(key, value, index).createdIndex === index }
  }

  #delete({ key }: Delete, index: LogIndex): KvResult {
    return { type: 'delete', deleted: this.#remove(key, index) }
  }

  #compareAndSet({ key, expected, value }: CompareAndSet, index: LogIndex): KvResult {
    const entry = this.#entries.get(key)
    if (!isAsExpected(entry, expected)) return { type: 'cas', succeeded: false, entry }
    if (value !== null) return { type: 'cas', succeeded: true, entry: this.#set(key, value, index) }
    this.#remove(key, index)
    return { type: 'cas', succeeded: true, entry: undefined }
  }

  #set(key: string, value: KvValue, index: LogIndex): KvEntry {
    const before = this.#entries.get(key)
    const createdIndex = before?.createdIndex ?? index
    for (const capture of this.#captures) capture.changes(key, before)
    const entry: KvEntry = { key, value, createdIndex, modifiedIndex: index }
    this.#entries.set(key, entry)
    this.#history.push({ type: 'put', key, value, index })
    return entry
  }

  #remove(key: string, index: LogIndex): boolean {
    const before = this.#entries.get(key)
    if (before === undefined) return false
    for (const capture of this.#captures) capture.changes(key, before)
    this.#entries.delete(key)
    this.#history.push({ type: 'delete', key, index })
    return true
  }
}

function isAsExpected(entry: KvEntry | undefined, expected: KvExpected): boolean {
  if (expected === null || entry === undefined) return expected === null && entry === undefined
  if (typeof expected === 'string') return entry.value === expected
  if (!(expected instanceof Uint8Array)) return entry.modifiedIndex === expected.modifiedIndex
  const { value } = entry
  if (typeof value === 'string' || value.length !== expected.length) return false
  return value.every((byte, i) => byte === expected[i])
}
