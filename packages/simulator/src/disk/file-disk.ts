// A disk with files on it, under the real code of the file storage.
import type { Storage } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { latencyOf } from './block-disk.js'
import type { Disk } from './disk.js'
import { type DiskFaults, HEALTHY } from './disk-faults.js'
import { damage } from './rot.js'
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
  readonly #locks = new Map<string, Process>()

  constructor(world: World, { writesThrough, segmentBytes }: FileDiskOptions) {
    this.world = world
    this.writesThrough = writesThrough
    this.#segmentBytes = segmentBytes
    this.volume = new Volume(world)
  }

  fileSystem(process: Process): SimulatedFileSystem {
    this.#fileSystem = new SimulatedFileSystem(this, process)
    return this.#fileSystem
  }

  storage(process: Process): Storage {
    const fileSystem = this.fileSystem(process)
    return fileStorage({ directory: DIRECTORY, segmentBytes: this.#segmentBytes, fileSystem })
  }

  crash(): void {
    const fate = this.world.tapes.disk.below(8)
    if (fate > 3) this.losePower()
    else this.kill(fate === 3)
  }

  /** No process lives any more; the machine does. `forgets`: it needs the memory of its cache. */
  kill(forgets: boolean): void {
    const underWay = this.#fileSystem?.underWay ?? []
    this.#fileSystem = undefined
    this.world.coverage.hit('disk: process killed')
    this.volume.processDied(underWay, this.world.tapes.disk)
    if (forgets) this.volume.forgetClean()
  }

  /** No process lives any more. */
  losePower(): void {
    const underWay = this.#fileSystem?.underWay ?? []
    this.#fileSystem = undefined
    this.world.coverage.hit('disk: power lost')
    this.volume.powerLost(underWay, this.world.tapes.disk)
  }

  wipe(): void {
    this.volume = new Volume(this.world)
  }

  heal(): void {
    this.faults = HEALTHY
    this.isFull = false
    this.#fileSystem?.release()
  }

  rot(): boolean {
    return damage(this.volume, DIRECTORY)
  }

  /** One opener at a time; a lock ends with its process. */
  lock(directory: string, process: Process): (() => Promise<void>) | undefined {
    this.volume.names.directory(directory)
    if (this.#locks.get(directory)?.alive === true) return undefined
    this.#locks.set(directory, process)
    return async () => {
      this.#locks.delete(directory)
    }
  }

  latency(): number {
    return latencyOf(this.faults, this.world)
  }
}
