// The FileSystem port of storage-file over a simulated volume, for one process: its real code is what runs here.
import type { Done, File, FileSystem, OpenMode } from '@riverraft/storage-file'
import type { Process } from '../world/process.js'
import { ERRORS, SLOW_MS_MAX } from './disk-faults.js'
import type { FileDisk } from './file-disk.js'
import type { PendingWrite } from './tear.js'
import type { Inode } from './volume.js'

interface OpenFile {
  readonly inode: Inode
  readonly through: boolean
}

/** What opening, listing and renaming take: they mostly find everything in memory. */
const NAME_MS = 0.02

export class SimulatedFileSystem implements FileSystem {
  readonly writesThrough: boolean
  readonly #disk: FileDisk
  readonly #process: Process
  readonly #files = new Map<File, OpenFile>()
  #nextFile = 3
  /** Writes that have not completed. */
  readonly underWay: Set<{ readonly inode: Inode; readonly write: PendingWrite }> = new Set()
  /** Calls that hang until the disk is healed. */
  readonly #hung = new Set<() => void>()
  readonly #random: () => number

  constructor(disk: FileDisk, process: Process) {
    this.#disk = disk
    this.#process = process
    this.writesThrough = disk.writesThrough
    this.#random = () => process.randomBytes(4).reduce((number, byte) => number * 256 + byte, 0)
  }

  /** Does something after a while, as a crash point before and after, and with its process alive. */
  #later(ms: number, run: () => void): void {
    if (!this.#process.reaches('file', false)) return
    this.#disk.world.after(ms, () =>
      this.#process.run(() => {
        if (!this.#process.reaches('file', false)) return
        this.#disk.world.touchPromises()
        run()
        this.#process.reaches('file', true)
      }),
    )
  }

  #promise<Value>(ms: number, run: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#later(ms, () => {
        try {
          resolve(run())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  makeDirectory(_path: string): Promise<void> {
    return this.#promise(NAME_MS, () => {})
  }

  list(path: string): Promise<string[]> {
    return this.#promise(NAME_MS, () => this.#disk.volume.list(path))
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.#promise(NAME_MS, () => {
      const { volume, world } = this.#disk
      const creates = mode === 'create' || mode === 'create-log'
      const found = volume.find(path)
      if (creates && found !== undefined) throw systemError('EEXIST', path)
      if (!creates && found === undefined) throw systemError('ENOENT', path)
      if (creates && this.#disk.isFull) {
        world.coverage.hit('disk: full')
        throw systemError('ENOSPC', path)
      }
      if (mode === 'read' && world.tapes.disk.chance(this.#disk.faults.failedRead)) {
        world.coverage.hit('disk: EIO on open')
        throw systemError('EIO', path)
      }
      const inode = found ?? volume.create(path)
      const through = this.writesThrough && (mode === 'log' || mode === 'create-log')
      this.#files.set(this.#nextFile, { inode, through })
      return this.#nextFile++
    })
  }

  close(file: File): Promise<void> {
    return this.#promise(NAME_MS, () => void this.#files.delete(file))
  }

  size(file: File): Promise<number> {
    return this.#promise(NAME_MS, () => this.#file(file).inode.cached.length)
  }

  read(file: File, bytes: Uint8Array, position: number): Promise<number> {
    return this.#promise(this.#disk.latency(), () => {
      const { world, faults } = this.#disk
      if (world.tapes.disk.chance(faults.failedRead / 20)) {
        world.coverage.hit('disk: EIO on read')
        throw systemError('EIO', 'read')
      }
      const there = this.#file(file).inode.cached.bytes.subarray(position, position + bytes.length)
      bytes.set(there)
      return there.length
    })
  }

  write(
    file: File,
    buffers: readonly Uint8Array[],
    position: number,
    done: (error: Error | null | undefined, written: number) => void,
  ): void {
    const { inode, through } = this.#file(file)
    const { world, faults } = this.#disk
    const { disk: tape } = world.tapes
    const bytes = joined(buffers)
    const { slowWrite, hungWrite, failedWrite, shortWrite } = faults
    const fate = tape.pick([slowWrite, hungWrite, failedWrite, shortWrite])
    const full = this.#disk.isFull && position + bytes.length > inode.cached.length
    const failed = full || fate === 3
    const length = failed
      ? tape.below(bytes.length + 1)
      : fate === 4
        ? 1 + tape.below(bytes.length)
        : bytes.length
    const write = { position, bytes: bytes.subarray(0, length) }
    const underWay = { inode, write }
    this.underWay.add(underWay)
    const finish = (): void => {
      this.underWay.delete(underWay)
      if (failed) {
        // Some of it is there, on the disk or not.
        inode.write(write, false)
        const code = full ? 'ENOSPC' : ERRORS[tape.below(2)]!
        this.#failed(code, 'write')
        return done(systemError(code, 'write'), 0)
      }
      inode.write(write, through)
      if (length < bytes.length) world.coverage.hit('disk: short write')
      done(undefined, length)
    }
    this.#timed(fate, finish)
  }

  #timed(fate: number, finish: () => void): void {
    const { world } = this.#disk
    if (fate === 2) {
      world.coverage.hit('disk: hung write')
      this.#hung.add(finish)
      return
    }
    if (fate === 1) world.coverage.hit('disk: slow write')
    const slow = fate === 1 ? world.tapes.disk.fraction() * SLOW_MS_MAX : 0
    this.#later(this.#disk.latency() + slow, finish)
  }

  sync(file: File, done: Done): void {
    const { inode } = this.#file(file)
    const { world, faults } = this.#disk
    const { disk: tape } = world.tapes
    const count = inode.dirty.length
    const fate = tape.pick([faults.slowWrite, faults.hungWrite, faults.failedWrite])
    this.#timed(fate, () => {
      if (fate !== 3) {
        inode.synced(count)
        return done()
      }
      // A system that failed to write takes the pages for clean: the next sync says yes and does nothing.
      inode.dirty.splice(0, count)
      this.#failed('EIO', 'sync')
      done(systemError('EIO', 'sync'))
    })
  }

  #failed(code: string, call: string): void {
    this.#disk.world.coverage.hit(`disk: ${code} on ${call}`)
    this.#disk.volume.suspect = true
  }

  rename(from: string, to: string): Promise<void> {
    return this.#promise(NAME_MS, () => {
      if (this.#disk.volume.find(from) === undefined) throw systemError('ENOENT', from)
      this.#disk.volume.rename(from, to)
    })
  }

  remove(path: string): Promise<void> {
    return this.#promise(NAME_MS, () => {
      if (this.#disk.volume.find(path) === undefined) throw systemError('ENOENT', path)
      this.#disk.volume.remove(path)
    })
  }

  syncDirectory(_path: string): Promise<void> {
    const { changes } = this.#disk.volume
    return this.#promise(this.#disk.latency(), () => this.#disk.volume.namesSynced(changes))
  }

  lock(_directory: string): Promise<(() => Promise<void>) | undefined> {
    return this.#promise(NAME_MS, () => this.#disk.lock(this.#process))
  }

  randomU32(): number {
    return this.#random()
  }

  /** What hung goes on. */
  release(): void {
    for (const finish of this.#hung) this.#later(0, finish)
    this.#hung.clear()
  }

  #file(file: File): OpenFile {
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

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
