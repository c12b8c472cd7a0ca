// One machine's disk: it outlives processes, not wipes.
import type { Storage } from '@riverraft/core'
import type { Process } from '../world/process.js'
import type { DiskFaults } from './disk-faults.js'

export interface Disk {
  faults: DiskFaults
  /** No file can be created or grow. */
  isFull: boolean
  /** What one process opens. */
  storage(process: Process): Storage
  /** The process died, perhaps with its machine's power. */
  crash(): void
  /** Somebody put an empty disk into the machine. */
  wipe(): void
  /** Faults are over: what hung completes. */
  heal(): void
  /** Damages something that was durable long ago, while no process runs. False: there is nothing to damage. */
  rot(): boolean
}
