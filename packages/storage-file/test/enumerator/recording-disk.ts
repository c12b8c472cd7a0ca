// A disk in memory, as a process sees it, that writes down everything that happens to it.
import { setImmediate } from 'node:timers/promises'
import type { Done, File, FileSystem, OpenMode } from '../../src/index.js'
import { systemError } from '../harness/faulty-disk.js'
import type { Image, Operation, Recording } from './operations.js'
import type { Random } from './random.js'
import { NOTHING, type Told } from './told.js'

export const DIRECTORY = '/raft'

interface Inode {
  readonly number: number
  bytes: Buffer
}

export interface DiskOptions {
  readonly writesThrough: boolean
  /** Decides how calls that are under way together take turns, and salts. */
  readonly random: Random
}

/** One directory. Nothing fails, and every write is taken as a whole: what matters is what a crash makes of it. */
export class RecordingDisk implements FileSystem, Recording {
  readonly writesThrough: boolean
  readonly base: Image
  readonly operations: Operation[] = []
  readonly #names = new Map<string, Inode>()
  readonly #inodes: Inode[] = []
  readonly #open = new Map<File, { readonly inode: Inode; readonly through: boolean }>()
  readonly #random: Random
  #nextFile = 3
  #isLocked = false

  /** Goes on where a process died that had done `before`: the cache is still there. */
  constructor(base: Image, options: DiskOptions, before: readonly Operation[] = []) {
    this.writesThrough = options.writesThrough
    this.#random = options.random
    this.base = base
    for (const [path, bytes] of base) this.#names.set(path, this.#inode(bytes))
    for (const operation of before) this.record(operation)
  }

  #inode(bytes: Buffer): Inode {
    const inode = { number: this.#inodes.length, bytes: Buffer.from(bytes) }
    this.#inodes.push(inode)
    return inode
  }

  /** Lets something happen; returns its number. */
  protected record(operation: Operation): number {
    switch (operation.type) {
      case 'create':
        this.#names.set(operation.path, this.#inode(Buffer.alloc(0)))
        break
      case 'rename':
        this.#names.set(operation.to, this.#find(operation.from))
        this.#names.delete(operation.from)
        break
      case 'remove':
        this.#names.delete(operation.path)
        break
      case 'write':
        this.#write(this.#inodes[operation.inode]!, operation)
        break
      case 'truncate': {
        const inode = this.#inodes[operation.inode]!
        inode.bytes = Buffer.from(inode.bytes.subarray(0, operation.length))
        break
      }
      default:
      // It changes only what survives.
    }
    return this.operations.push(operation) - 1
  }

  #write(inode: Inode, { position, bytes }: { readonly position: number; readonly bytes: Buffer }): void {
    const length = Math.max(inode.bytes.length, position + bytes.length)
    if (length > inode.bytes.length) inode.bytes = Buffer.concat([inode.bytes], length)
    bytes.copy(inode.bytes, position)
  }

  /** What the storage has promised by now. */
  get told(): Told {
    const last = this.operations.findLast((operation) => operation.type === 'told')
    return last?.type === 'told' ? last.told : NOTHING
  }

  tell(news: Partial<Told>): void {
    this.record({ type: 'told', told: { ...this.told, ...news } })
  }

  /** Calls that were begun together end in an order that the seed decides. */
  protected async turns(): Promise<void> {
    for (let left = this.#random(4); left > 0; left--) await undefined
    if (this.#random(16) === 0) await setImmediate()
  }

  async makeDirectory(): Promise<void> {
    await this.turns()
  }

  async list(): Promise<string[]> {
    await this.turns()
    return [...this.#names.keys()].map((path) => path.slice(DIRECTORY.length + 1))
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    await this.turns()
    if (mode === 'create' || mode === 'create-log') {
      if (this.#names.has(path)) throw systemError('EEXIST')
      this.record({ type: 'create', path, inode: this.#inodes.length })
    }
    const through = this.writesThrough && (mode === 'log' || mode === 'create-log')
    this.#open.set(this.#nextFile, { inode: this.#find(path), through })
    return this.#nextFile++
  }

  async close(file: File): Promise<void> {
    await this.turns()
    this.#open.delete(file)
  }

  async size(file: File): Promise<number> {
    await this.turns()
    return this.#file(file).inode.bytes.length
  }

  async read(file: File, bytes: Uint8Array, position: number): Promise<number> {
    await this.turns()
    const there = this.#file(file).inode.bytes.subarray(position, position + bytes.length)
    bytes.set(there)
    return there.length
  }

  write(
    file: File,
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: Error | null | undefined, written: number) => void,
  ): void {
    const { inode, through } = this.#file(file)
    const bytes = Buffer.concat(buffers)
    const write = this.record({ type: 'write', inode: inode.number, position, bytes })
    void this.turns().then(() => {
      if (through) this.record({ type: 'writtenThrough', write })
      done(null, bytes.length)
    })
  }

  async truncate(file: File, length: number): Promise<void> {
    await this.turns()
    this.record({ type: 'truncate', inode: this.#file(file).inode.number, length })
  }

  sync(file: File, done: Done): void {
    const { inode } = this.#file(file)
    const before = this.operations.length
    void this.turns().then(() => {
      this.record({ type: 'synced', inode: inode.number, before })
      done()
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.turns()
    this.#find(from)
    this.record({ type: 'rename', from, to })
  }

  async remove(path: string): Promise<void> {
    await this.turns()
    this.#find(path)
    this.record({ type: 'remove', path })
  }

  async syncDirectory(): Promise<void> {
    const before = this.operations.length
    await this.turns()
    this.record({ type: 'namesSynced', before })
  }

  async lock(): Promise<(() => Promise<void>) | undefined> {
    if (this.#isLocked) return undefined
    this.#isLocked = true
    return async () => {
      this.#isLocked = false
    }
  }

  randomU32(): number {
    return this.#random(2 ** 32)
  }

  /** The path of what is open, for those who treat some files in another way. */
  protected pathOf(file: File): string {
    const { inode } = this.#file(file)
    for (const [path, named] of this.#names) if (named === inode) return path
    return ''
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    return inode
  }

  #file(file: File): { readonly inode: Inode; readonly through: boolean } {
    const open = this.#open.get(file)
    if (open === undefined) throw systemError('EBADF')
    return open
  }
}
