// A machine's disk and its page cache: what processes see, what is durable, and what is on the way from one to the other.
import type { Tape } from '../world/tape.js'
import type { World } from '../world/world.js'
import { type PendingWrite, tear } from './tear.js'

/** Bytes that grow. */
class Content {
  #bytes = new Uint8Array(512)
  length = 0

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  write({ position, bytes }: PendingWrite): void {
    const end = position + bytes.length
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      larger.set(this.bytes)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, position)
    this.length = Math.max(this.length, end)
  }

  become(other: Content): void {
    this.#bytes = other.bytes.slice()
    this.length = other.length
  }
}

export class Inode {
  /** As processes see it. */
  readonly cached: Content = new Content()
  readonly durable: Content = new Content()
  /** Written and not synced, in order. */
  dirty: PendingWrite[] = []

  write(write: PendingWrite, through: boolean): void {
    this.cached.write(write)
    if (through) this.durable.write(write)
    else this.dirty.push(write)
  }

  /** The first `count` dirty writes are durable now. */
  synced(count: number): void {
    for (const write of this.dirty.splice(0, count)) this.durable.write(write)
  }
}

/** A change of names that is one step for whoever sees it: links some, unlinks some. */
interface NameChange {
  readonly links: readonly (readonly [path: string, inode: Inode])[]
  readonly unlinks: readonly string[]
}

export class Volume {
  readonly world: World
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #changes: NameChange[] = []
  /** After an error of the disk nobody trusts the page cache: the machine is started anew with its process. */
  suspect = false

  constructor(world: World) {
    this.world = world
  }

  find(path: string): Inode | undefined {
    return this.#names.get(path)
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`
    return [...this.#names.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .sort()
  }

  create(path: string): Inode {
    const inode = new Inode()
    this.#change({ links: [[path, inode]], unlinks: [] })
    return inode
  }

  rename(from: string, to: string): void {
    this.#change({ links: [[to, this.#names.get(from)!]], unlinks: [from] })
  }

  remove(path: string): void {
    this.#change({ links: [], unlinks: [path] })
  }

  #change(change: NameChange): void {
    this.#changes.push(change)
    apply(this.#names, change)
  }

  get changes(): number {
    return this.#changes.length
  }

  /** The first `count` changes of names are durable now. */
  namesSynced(count: number): void {
    for (const change of this.#changes.splice(0, count)) apply(this.#durableNames, change)
  }

  /** The process died, its machine did not: what was written is still in the page cache. */
  processDied(
    underWay: readonly { readonly inode: Inode; readonly write: PendingWrite }[],
    tape: Tape,
  ): void {
    for (const { inode, write } of underWay)
      for (const piece of tear(this.world, tape, write)) inode.write(piece, false)
  }

  /** The power went: of what was not synced any part may be there. */
  powerLost(underWay: readonly { readonly inode: Inode; readonly write: PendingWrite }[], tape: Tape): void {
    for (const { inode, write } of underWay) inode.dirty.push(write)
    for (const change of this.#changes.splice(0)) {
      const kept = tape.below(2) === 1
      this.world.coverage.hit(`disk: unsynced name ${kept ? 'survives' : 'vanishes in'} a crash`)
      if (kept) apply(this.#durableNames, change)
    }
    this.#names = new Map(this.#durableNames)
    for (const inode of new Set(this.#names.values())) {
      for (const write of inode.dirty.splice(0))
        for (const piece of tear(this.world, tape, write)) inode.durable.write(piece)
      inode.cached.become(inode.durable)
    }
    this.suspect = false
  }
}

function apply(names: Map<string, Inode>, { links, unlinks }: NameChange): void {
  for (const path of unlinks) names.delete(path)
  for (const [path, inode] of links) names.set(path, inode)
}
