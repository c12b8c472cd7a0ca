// The names on a volume, of files and directories: as processes see them, and as they are on the disk.
import type { Inode } from './inode.js'
import { systemError } from './system-error.js'

export class Directory {
  readonly isDirectory = true
}

type Named = Inode | Directory

/** A change of names that is one step for whoever sees it: links some, unlinks some. */
interface NameChange {
  readonly number: number
  readonly links: readonly (readonly [path: string, named: Named])[]
  readonly unlinks: readonly string[]
  /** It is on the disk already, though its directory was not synced. */
  isDurable: boolean
}

const ROOT = '/'

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || ROOT
}

export class Names {
  #now = new Map<string, Named>([[ROOT, new Directory()]])
  #durable = new Map(this.#now)
  #changes: NameChange[] = []
  #changed = 0

  /** A file or directory, if there is one. */
  find(path: string): Named | undefined {
    return this.#now.get(path)
  }

  /** @throws ENOENT, ENOTDIR */
  directory(path: string): Directory {
    const found = this.#now.get(path)
    if (found === undefined) throw systemError('ENOENT', path)
    if (!(found instanceof Directory)) throw systemError('ENOTDIR', path)
    return found
  }

  /** @throws ENOENT, EISDIR */
  file(path: string): Inode {
    this.directory(parentOf(path))
    const found = this.#now.get(path)
    if (found === undefined) throw systemError('ENOENT', path)
    if (found instanceof Directory) throw systemError('EISDIR', path)
    return found as Inode
  }

  /** @throws ENOENT, ENOTDIR */
  list(path: string): string[] {
    this.directory(path)
    return [...this.#now.keys()]
      .filter((one) => one !== ROOT && parentOf(one) === path)
      .map(nameOf)
      .sort()
  }

  /** @throws ENOENT, ENOTDIR, EEXIST */
  add(path: string, named: Named): void {
    this.directory(parentOf(path))
    if (this.#now.has(path)) throw systemError('EEXIST', path)
    this.#change([[path, named]], [])
  }

  /** @throws ENOENT, EISDIR */
  rename(from: string, to: string): void {
    const inode = this.file(from)
    this.directory(parentOf(to))
    if (this.#now.get(to) instanceof Directory) throw systemError('EISDIR', to)
    this.#change([[to, inode]], [from])
  }

  /** @throws ENOENT, EISDIR */
  remove(path: string): void {
    this.file(path)
    this.#change([], [path])
  }

  #change(links: NameChange['links'], unlinks: NameChange['unlinks']): void {
    const change = { number: this.#changed++, links, unlinks, isDurable: false }
    this.#changes.push(change)
    apply(this.#now, change)
  }

  /** All that was changed so far: what a sync that begins now is about. */
  get mark(): number {
    return this.#changed
  }

  /** The changes of this directory before `mark` are durable now. */
  synced(directory: string, mark: number): void {
    const left: NameChange[] = []
    for (const change of this.#changes) {
      if (change.number < mark && concerns(change, directory)) apply(this.#durable, change)
      else left.push(change)
    }
    this.#changes = left
  }

  /** A sync failed: of those changes the ones that `isKept` says are on the disk. The next sync makes up for it. */
  syncFailed(directory: string, mark: number, isKept: () => boolean): void {
    for (const change of this.#changes) {
      if (change.number >= mark || !concerns(change, directory) || !isKept()) continue
      change.isDurable = true
      apply(this.#durable, change)
    }
  }

  /** Whether the disk knows the file by this name. */
  isDurable(path: string): boolean {
    return this.#durable.get(path) === this.#now.get(path)
  }

  /** The power went. Of changes that were not synced any may be there; what stood in a lost directory is lost with it. */
  powerLost(isKept: (isDirectory: boolean) => boolean): void {
    for (const change of this.#changes.splice(0)) {
      if (change.isDurable || isKept(change.links[0]?.[1] instanceof Directory)) apply(this.#durable, change)
    }
    // Shorter paths first: a directory before what is in it.
    for (const path of [...this.#durable.keys()].sort((a, b) => a.length - b.length)) {
      if (!this.#durable.has(parentOf(path))) this.#durable.delete(path)
    }
    this.#now = new Map(this.#durable)
  }

  /** Every file that has a name. */
  files(): Inode[] {
    return [...new Set(this.#now.values())].filter((named): named is Inode => !(named instanceof Directory))
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function concerns({ links, unlinks }: NameChange, directory: string): boolean {
  return [...links.map(([path]) => path), ...unlinks].some((path) => parentOf(path) === directory)
}

function apply(names: Map<string, Named>, { links, unlinks }: NameChange): void {
  for (const path of unlinks) names.delete(path)
  for (const [path, named] of links) names.set(path, named)
}
