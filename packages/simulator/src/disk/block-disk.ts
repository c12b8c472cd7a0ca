// A disk at the level of whole batches: quick to simulate, and without the file storage's own doings in between.
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { BlockStorage } from './block-storage.js'
import type { Disk } from './disk.js'
import { type DiskFaults, HEALTHY } from './disk-faults.js'
import { ReplicaImage } from './replica-image.js'

export class BlockDisk implements Disk {
  readonly world: World
  faults: DiskFaults = HEALTHY
  /** Batches have no size here. */
  isFull = false
  image: ReplicaImage = new ReplicaImage()
  #open: BlockStorage | undefined

  constructor(world: World) {
    this.world = world
  }

  storage(process: Process): BlockStorage {
    this.#open = new BlockStorage(this, process)
    return this.#open
  }

  /** Each write under way is on the disk as a whole, or not at all. */
  crash(): void {
    this.#open?.crash()
    this.#open = undefined
  }

  wipe(): void {
    this.image = new ReplicaImage()
  }

  heal(): void {
    this.faults = HEALTHY
    this.#open?.release()
  }

  /** Whoever stores batches would have noticed damage by a checksum: there is nothing to test here. */
  rot(): boolean {
    return false
  }

  latency(): number {
    return latencyOf(this.faults, this.world)
  }
}

export function latencyOf({ latencyMs, jitterMs }: DiskFaults, world: World): number {
  if (jitterMs === 0) return latencyMs
  const part = world.tapes.disk.below(256) / 256
  return latencyMs + jitterMs * part * part
}
