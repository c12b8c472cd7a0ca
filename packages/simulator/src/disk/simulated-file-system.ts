// The FileSystem port of storage-file over a simulated volume, for one process: its real code is what runs here.
import type { Done, File, FileSystem, OpenMode } from '@riverraft/storage-file'
import type { Process } from '../world/process.js'
import { Calls } from './calls.js'
import { ERRORS } from './disk-faults.js'
import type { FileDisk } from './file-disk.js'
import { Inode } from './inode.js'
import { Directory, type Names, parentOf } from './names.js'
import { systemError } from './system-error.js'
import type { UnderWay } from './volume.js'
import { type OpenFile, WriteCalls, type Written } from './write-calls.js'

/** What opening, listing and renaming take: they mostly find everything in memory. */
const NAME_MS = 0.02
/** Made a few times in the life of a process: it has to fail more often to fail at all. */
const RARE_CALL = 10
/** That it fails half way matters once in the life of a disk. */
const FIRST_CALL = 30

interface SimulatedFile extends OpenFile {
  readonly writable: boolean
}

export class SimulatedFileSystem implements FileSystem {
  readonly writesThrough: boolean
  readonly #disk: FileDisk
  readonly #process: Process
  readonly #calls: Calls
  readonly #writes: WriteCalls
  readonly #files = new Map<File, SimulatedFile>()
  #nextFile = 3

  constructor(disk: FileDisk, process: Process) {
    this.#disk = disk
    this.#process = process
    this.#calls = new Calls(disk.world, process)
    this.#writes = new WriteCalls(disk, this.#calls)
    this.writesThrough = disk.writesThrough
  }

  get #names(): Names {
    return this.#disk.volume.names
  }

  /** Writes that have not completed. */
  get underWay(): ReadonlySet<UnderWay> {
    return this.#writes.underWay
  }

  /** One after another, each durable before the next; also one that somebody made and did not live to sync. */
  async makeDirectory(path: string): Promise<void> {
    const parent = parentOf(path)
    if (this.#names.find(parent) === undefined) await this.makeDirectory(parent)
    await this.#change('makeDirectory', FIRST_CALL, () => {
      if (this.#names.find(path) instanceof Directory) return
      this.#names.add(path, new Directory())
    })
    await this.#syncNames('makeDirectory', parent, FIRST_CALL)
  }

  list(path: string): Promise<string[]> {
    return this.#calls.promise(NAME_MS, () => {
      this.#mayFail('list', RARE_CALL, ['EIO'])
      return this.#names.list(path)
    })
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#calls.promise(NAME_MS, () => {
      const through = this.writesThrough && (mode === 'log' || mode === 'create-log')
      const creates = mode === 'create' || mode === 'create-log'
      const inode = creates ? this.#create(path) : this.#find(path)
      this.#files.set(this.#nextFile, { inode, through, writable: mode !== 'read', isOut: false })
      return this.#nextFile++
    })
  }

  #create(path: string): Inode {
    const inode = new Inode()
    if (this.#disk.isFull && this.#names.find(path) === undefined) {
      this.#disk.world.coverage.hit('disk: full')
      throw systemError('ENOSPC', path)
    }
    this.#changeOrFail('create', 1, () => this.#names.add(path, inode))
    return inode
  }

  #find(path: string): Inode {
    const inode = this.#names.file(path)
    const { world, faults } = this.#disk
    if (world.tapes.disk.chance(faults.failedRead)) throw this.#error('EIO', 'open')
    return inode
  }

  close(file: File): Promise<void> {
    return this.#calls.promise(NAME_MS, () => {
      this.#file(file)
      this.#files.delete(file)
    })
  }

  size(file: File): Promise<number> {
    return this.#calls.promise(NAME_MS, () => this.#file(file).inode.cached.length)
  }

  read(file: File, bytes: Uint8Array, position: number): Promise<number> {
    return this.#calls.promise(this.#disk.latency(), () => {
      const { inode } = this.#file(file)
      const { world, faults } = this.#disk
      if (world.tapes.disk.chance(faults.failedRead / 20)) throw this.#error('EIO', 'read')
      // The cache may drop what it takes for clean whenever it wants the memory.
      if (inode.deceives && world.tapes.disk.below(8) === 1) {
        world.coverage.hit('disk: the cache drops what a failed sync lost, while it is read')
        inode.forgetClean()
      }
      const there = inode.cached.bytes.subarray(position, position + bytes.length)
      bytes.set(there)
      return there.length
    })
  }

  write(file: File, buffers: readonly Uint8Array[], position: number, done: Written): void {
    const open = this.#files.get(file)
    if (open?.writable === true) return this.#writes.write(open, joined(buffers), position, done)
    this.#calls.later(NAME_MS, () => done(systemError('EBADF', 'write'), 0))
  }

  truncate(file: File, length: number): Promise<void> {
    return this.#calls.promise(NAME_MS, () => {
      const { inode, writable } = this.#file(file)
      if (!writable) throw systemError('EINVAL', 'truncate')
      this.#mayFail('truncate', RARE_CALL, ['EIO'])
      inode.write({ position: length, bytes: new Uint8Array(0), cuts: true })
    })
  }

  sync(file: File, done: Done): void {
    const open = this.#files.get(file)
    if (open !== undefined) return this.#writes.sync(open, done)
    this.#calls.later(NAME_MS, () => done(systemError('EBADF', 'sync')))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change('rename', RARE_CALL, () => this.#names.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#change('remove', RARE_CALL, () => this.#names.remove(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#syncNames('syncDirectory', path, 1)
  }

  #syncNames(call: string, directory: string, factor: number): Promise<void> {
    const { mark } = this.#names
    return this.#calls.promise(this.#disk.latency(), () => {
      const { disk: tape } = this.#disk.world.tapes
      this.#names.directory(directory)
      this.#mayFail(call, factor, ERRORS, () =>
        this.#names.syncFailed(directory, mark, () => tape.below(2) === 1),
      )
      this.#names.synced(directory, mark)
    })
  }

  lock(directory: string): Promise<(() => Promise<void>) | undefined> {
    return this.#calls.promise(NAME_MS, () => {
      this.#mayFail('lock', RARE_CALL, ERRORS)
      return this.#disk.lock(directory, this.#process)
    })
  }

  randomU32(): number {
    return this.#process.randomBytes(4).reduce((number, byte) => number * 256 + byte, 0)
  }

  release(): void {
    this.#calls.release()
  }

  #change(call: string, factor: number, change: () => void): Promise<void> {
    return this.#calls.promise(NAME_MS, () => this.#changeOrFail(call, factor, change))
  }

  /** A change that fails may have happened all the same. */
  #changeOrFail(call: string, factor: number, change: () => void): void {
    this.#mayFail(call, factor, ERRORS, () => {
      if (this.#disk.world.tapes.disk.below(2) === 1) change()
    })
    change()
  }

  #mayFail(call: string, factor: number, codes: readonly string[], first = (): void => {}): void {
    const { world, faults } = this.#disk
    const { disk: tape } = world.tapes
    if (!tape.chance(factor * faults.failedName)) return
    first()
    throw this.#error(codes[tape.below(codes.length)]!, call)
  }

  #error(code: string, call: string): Error {
    this.#disk.world.coverage.hit(`disk: ${code} on ${call}`)
    return systemError(code, call)
  }

  /** @throws EBADF */
  #file(file: File): SimulatedFile {
    const open = this.#files.get(file)
    if (open === undefined) throw systemError('EBADF', String(file))
    return open
  }
}

function joined(buffers: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(buffers.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const buffer of buffers) {
    bytes.set(buffer, at)
    at += buffer.length
  }
  return bytes
}
