// One machine's disk: it outlives processes, not wipes.
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { BlockStorage } from './block-storage.js'
import { type DiskFaults, HEALTHY } from './disk-faults.js'
import { ReplicaImage } from './replica-image.js'

export class Disk {
  readonly world: World
  faults: DiskFaults = HEALTHY
  image: ReplicaImage = new ReplicaImage()
  #open: BlockStorage | undefined

  constructor(world: World) {
    this.world = world
  }

  /** What one process opens. */
  storage(process: Process): BlockStorage {
    this.#open = new BlockStorage(this, process)
    return this.#open
  }

  /** The process died: each write under way is on the disk as a whole, or not at all. */
  crash(): void {
    this.#open?.crash()
    this.#open = undefined
  }

  /** Somebody put an empty disk into the machine. */
  wipe(): void {
    this.image = new ReplicaImage()
  }

  /** Faults are over: what hung completes. */
  heal(): void {
    this.faults = HEALTHY
    this.#open?.release()
  }

  latency(): number {
    const { latencyMs, jitterMs } = this.faults
    if (jitterMs === 0) return latencyMs
    const part = this.world.tapes.disk.below(256) / 256
    return latencyMs + jitterMs * part * part
  }
}
