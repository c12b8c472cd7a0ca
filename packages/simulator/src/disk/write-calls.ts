// Writes and syncs of one process, and all that may become of them.
import type { Done } from '@riverraft/storage-file'
import { type Calls, Pace } from './calls.js'
import type { PendingWrite } from './content.js'
import { ERRORS } from './disk-faults.js'
import type { FileDisk } from './file-disk.js'
import type { Inode } from './inode.js'
import { systemError } from './system-error.js'
import { tear } from './tear.js'
import type { UnderWay } from './volume.js'

export interface OpenFile {
  readonly inode: Inode
  /** A completed write is a durable one. */
  readonly through: boolean
  /** The disk took a part of the last write, and has no room for the rest. */
  isOut: boolean
}

/** What a write is going to be. `taken`: how many bytes of it the system takes, whatever it says then. */
interface Fate {
  readonly pace: Pace
  readonly taken: number
  readonly error: string | undefined
}

const SYNC_FAILS_MORE = 10

export type Written = (error: Error | null | undefined, written: number) => void

export class WriteCalls {
  readonly #disk: FileDisk
  readonly #calls: Calls
  readonly underWay: Set<UnderWay> = new Set()

  constructor(disk: FileDisk, calls: Calls) {
    this.#disk = disk
    this.#calls = calls
  }

  write(file: OpenFile, bytes: Uint8Array, position: number, done: Written): void {
    const { inode } = file
    const { pace, taken, error } = this.#fate(file, bytes.length, position)
    const write = { position, bytes: bytes.subarray(0, taken) }
    const underWay = { inode, write }
    this.underWay.add(underWay)
    this.#calls.paced('write', pace, this.#disk.latency(), () => {
      this.underWay.delete(underWay)
      if (error !== undefined) {
        this.#failed(file, write)
        return done(this.#error(error, 'write'), 0)
      }
      if (file.through) inode.writeThrough(write)
      else inode.write(write)
      if (taken < bytes.length) this.#hit('short write')
      done(undefined, taken)
    })
  }

  #fate(file: OpenFile, length: number, position: number): Fate {
    const { world, faults, isFull } = this.#disk
    const { disk: tape } = world.tapes
    const { slowWrite, hungWrite, failedWrite, shortWrite } = faults
    const fate = tape.pick([slowWrite, hungWrite, failedWrite, shortWrite])
    const pace = fate === 1 ? Pace.Slow : fate === 2 ? Pace.Hung : Pace.Usual
    if (file.isOut) {
      file.isOut = false
      return { pace, taken: 0, error: 'ENOSPC' }
    }
    const fits = file.inode.cached.length - position
    if ((isFull && length > fits) || (fate === 3 && tape.below(2) === 1)) {
      const taken = Math.min(length - 1, Math.max(fits, tape.below(length)))
      if (taken <= 0) return { pace, taken: 0, error: 'ENOSPC' }
      // What fits is taken; that there is no room for the rest is said when the rest is written.
      this.#hit('full in the middle of a write')
      file.isOut = true
      return { pace, taken, error: undefined }
    }
    // Mostly the cache took it all, and the disk did not.
    if (fate === 3) return { pace, taken: tape.below(2) === 0 ? length : tape.below(length), error: 'EIO' }
    return { pace, taken: fate === 4 ? 1 + tape.below(length) : length, error: undefined }
  }

  /** Some of it is in the cache. If it was to go through: some of that is on the disk, and none counts as dirty. */
  #failed({ inode, through }: OpenFile, write: PendingWrite): void {
    if (write.bytes.length === 0) return
    inode.write(write)
    if (through) this.#writeBackFailed(inode, inode.mark)
  }

  sync({ inode }: OpenFile, done: Done): void {
    const { world, faults } = this.#disk
    const { disk: tape } = world.tapes
    const { mark } = inode
    // There are fewer of them than writes.
    const fate = tape.pick([faults.slowWrite, faults.hungWrite, SYNC_FAILS_MORE * faults.failedWrite])
    const pace = fate === 1 ? Pace.Slow : fate === 2 ? Pace.Hung : Pace.Usual
    this.#calls.paced('sync', pace, this.#disk.latency(), () => {
      if (fate !== 3) {
        inode.synced(mark)
        return done()
      }
      this.#writeBackFailed(inode, mark)
      done(this.#error(ERRORS[tape.below(ERRORS.length)]!, 'sync'))
    })
  }

  /** Most systems take the pages for clean then: the next sync says yes and does nothing. Some keep them dirty. */
  #writeBackFailed(inode: Inode, mark: number): void {
    const { world } = this.#disk
    if (world.tapes.disk.below(4) === 0) return this.#hit('failed sync leaves pages dirty')
    this.#hit('failed sync leaves pages that count as clean')
    const { disk: tape } = world.tapes
    inode.writeBackFailed(mark, (write) => (tape.below(2) === 0 ? [] : tear(world, tape, write)))
  }

  #error(code: string, call: string): Error {
    this.#hit(`${code} on ${call}`)
    return systemError(code, call)
  }

  #hit(what: string): void {
    this.#disk.world.coverage.hit(`disk: ${what}`)
  }
}
