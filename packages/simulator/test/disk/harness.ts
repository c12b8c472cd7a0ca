// A simulated disk outside of a cluster: a test's body runs in virtual time.
import type { FileSystem } from '@riverraft/storage-file'
import type { PowerPlace, WithPlace } from '@riverraft/storage-file/file-system-contract'
import { type DiskFaults, HEALTHY } from '../../src/disk/disk-faults.js'
import { FileDisk } from '../../src/disk/file-disk.js'
import { Clock } from '../../src/world/clock.js'
import { Process } from '../../src/world/process.js'
import { seededRandom } from '../../src/world/random.js'
import { type Recording, type Tapes, tapesOf } from '../../src/world/tape.js'
import { World } from '../../src/world/world.js'

const NOTHING: Recording = { plan: [], nemesis: [], network: [], disk: [], clients: [] }

/** Nothing bad is drawn, and of what is lost with the power all is lost. */
export const emptyTapes = (): Tapes => tapesOf(1, NOTHING)

/** Runs until `body` has settled. */
export async function inWorld<Result>(world: World, body: () => Promise<Result>): Promise<Result> {
  let ended = false
  const settled = Promise.allSettled([body()]).finally(() => {
    ended = true
  })
  await world.run(Number.MAX_SAFE_INTEGER, () => ended)
  if (world.violation !== undefined) throw new Error(world.violation.message)
  if (!ended) throw new Error('nothing happens any more, and the body still waits')
  const [outcome] = await settled
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

export interface TestDisk {
  readonly world: World
  readonly disk: FileDisk
  /** A new process, and its files. The one before is dead then. */
  readonly boot: () => FileSystem
  /** Its process and then the power are gone. */
  readonly losePower: () => void
  /** Its process is gone, and the machine lives on. */
  readonly kill: () => void
}

export function testDisk(tapes: Tapes, writesThrough: boolean, faults: Partial<DiskFaults> = {}): TestDisk {
  const world = new World(tapes)
  const disk = new FileDisk(world, { writesThrough, segmentBytes: 4_096 })
  disk.faults = { ...HEALTHY, ...faults }
  let process: Process | undefined
  let boots = 0
  return {
    world,
    disk,
    boot: () => {
      process?.kill()
      process = new Process(world, new Clock(0), seededRandom(1, boots++))
      // Somebody waits for what it does.
      process.openPromises++
      return disk.fileSystem(process)
    },
    losePower: () => {
      process?.kill()
      disk.losePower()
    },
    kill: () => {
      process?.kill()
      disk.kill(false)
    },
  }
}

/** A place for the contract, on a disk of its own. */
export function placeOn(newDisk: () => TestDisk): WithPlace<PowerPlace> {
  return (use) => {
    const { world, boot, losePower } = newDisk()
    return inWorld(world, async () => {
      const fileSystem = boot()
      await fileSystem.makeDirectory('/place')
      await use({
        fileSystem,
        directory: '/place',
        losePower: async () => {
          losePower()
          return boot()
        },
      })
    })
  }
}
