// A disk with files on it, under the real code of the file storage.
import type { Storage } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { latencyOf } from './block-disk.js'
import type { Disk } from './disk.js'
import { type DiskFaults, HEALTHY } from './disk-faults.js'
import { damageContent } from './rot.js'
import { SimulatedFileSystem } from './simulated-file-system.js'
import { Volume } from './volume.js'

const DIRECTORY = '/raft'

export interface FileDiskOptions {
  /** True: a completed write to a log file is a durable one. */
  readonly writesThrough: boolean
  readonly segmentBytes: number
}

export class FileDisk implements Disk {
  readonly world: World
  readonly writesThrough: boolean
  readonly #segmentBytes: number
  faults: DiskFaults = HEALTHY
  isFull = false
  volume: Volume
  #fileSystem: SimulatedFileSystem | undefined
  #locked: Process | undefined

  constructor(world: World, { writesThrough, segmentBytes }: FileDiskOptions) {
    this.world = world
    this.writesThrough = writesThrough
    this.#segmentBytes = segmentBytes
    this.volume = new Volume(world)
  }

  storage(process: Process): Storage {
    this.#fileSystem = new SimulatedFileSystem(this, process)
    return fileStorage({
      directory: DIRECTORY,
      segmentBytes: this.#segmentBytes,
      fileSystem: this.#fileSystem,
    })
  }

  crash(): void {
    const { disk: tape } = this.world.tapes
    const underWay = [...(this.#fileSystem?.underWay ?? [])]
    this.#fileSystem = undefined
    if (this.volume.suspect || tape.below(2) === 1) {
      this.world.coverage.hit('disk: power lost')
      this.volume.powerLost(underWay, tape)
    } else {
      this.world.coverage.hit('disk: process killed')
      this.volume.processDied(underWay, tape)
    }
  }

  wipe(): void {
    this.volume = new Volume(this.world)
  }

  heal(): void {
    this.faults = HEALTHY
    this.isFull = false
    this.#fileSystem?.release()
  }

  /**
   * Any segment but the last two that were begun: in the last batch damage cannot be told from a tear, and a segment
   * that was begun and not written yet may stand behind it.
   */
  rot(): boolean {
    const segments = this.volume.list(DIRECTORY).filter((name) => name.endsWith('.segment'))
    const old = segments.slice(0, -2)
    if (old.length === 0) return false
    const { disk: tape } = this.world.tapes
    const inode = this.volume.find(`${DIRECTORY}/${old[tape.below(old.length)]!}`)!
    return damageContent(this.world, inode)
  }

  /** One opener at a time; a lock ends with its process. */
  lock(process: Process): (() => Promise<void>) | undefined {
    if (this.#locked?.alive === true) return undefined
    this.#locked = process
    return async () => {
      this.#locked = undefined
    }
  }

  latency(): number {
    return latencyOf(this.faults, this.world)
  }
}
