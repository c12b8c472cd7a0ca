// The contract of the Storage port as a suite: whoever writes a storage runs it under a test runner of their own.
import type { DeclareTest, WithPlace } from '../test-function.js'
import { Bench, type Contract } from './bench.js'
import { closing } from './closing.js'
import { compaction } from './compaction.js'
import { damage } from './damage.js'
import { failures, snapshotFailures } from './failures.js'
import { generation, generationKept, generationPower } from './generation.js'
import { hardState } from './hard-state.js'
import { History, type HistoryOptions } from './history.js'
import { log, truncation } from './log.js'
import { membershipEntries, membershipEntriesBesideSnapshots } from './membership-entries.js'
import { opening, reopening } from './opening.js'
import type {
  DamagePlace,
  FailingPlace,
  PowerPlace,
  RandomOptions,
  StorageCapabilities,
  StoragePlace,
} from './place.js'
import { power, snapshotPower } from './power.js'
import { freshSeed, Random } from './random.js'
import { reading } from './reading.js'
import { restart, restartReopened } from './restart.js'
import { snapshots, snapshotsAtTheEnd } from './snapshots.js'
import { wrongBatches } from './wrong-batches.js'

export { ContractError } from '../assert.js'
export type {
  DamagePlace,
  DeclareTest,
  FailingPlace,
  PowerPlace,
  RandomOptions,
  StorageCapabilities,
  StoragePlace,
  WithPlace,
}

/** What every storage must do, as far as it declares to: the sentences of the contract, each a test. */
export function testStorage(
  test: DeclareTest,
  withPlace: WithPlace<StoragePlace>,
  { durable, snapshots: keepsSnapshots = true, ...random }: StorageCapabilities & RandomOptions,
): void {
  const declared = { durable, snapshots: keepsSnapshots }
  declare(test, withPlace, declared, {
    ...opening,
    ...log,
    ...truncation,
    ...reading,
    ...wrongBatches,
    ...closing,
    ...generation,
    ...(durable && { ...reopening, ...hardState, ...generationKept, ...membershipEntries }),
    ...(keepsSnapshots && { ...snapshots, ...snapshotsAtTheEnd, ...restart, ...compaction }),
    ...(keepsSnapshots && durable && { ...restartReopened, ...membershipEntriesBesideSnapshots }),
  })
  const name = 'any history reads like a plain list of entries'
  declareHistories(test, withPlace, name, declared, random, () => ({}))
}

/**
 * What is left when the power was lost: for durable storages on whose place that can be tried. Cases that lose the power
 * in the middle of a call wait for turns of the microtask queue first: they find most in a place that goes on in those.
 */
export function testStorageDurability(
  test: DeclareTest,
  withPlace: WithPlace<PowerPlace>,
  { snapshots: keepsSnapshots = true, ...random }: Omit<StorageCapabilities, 'durable'> & RandomOptions = {},
): void {
  const declared = { durable: true, snapshots: keepsSnapshots }
  const lost: DeclareTest = (name, body) => test(`power lost: ${name}`, body)
  declare(lost, withPlace, declared, { ...power, ...generationPower, ...(keepsSnapshots && snapshotPower) })
  declareHistories(lost, withPlace, 'any history goes on as it was', declared, random, (place) => {
    return { losePower: () => place.losePower() }
  })
}

/** That a write that failed is never believed: for durable storages on a place whose writes can be made to fail. */
export function testStorageFailures(
  test: DeclareTest,
  withPlace: WithPlace<FailingPlace>,
  { snapshots: keepsSnapshots = true }: Omit<StorageCapabilities, 'durable'> = {},
): void {
  const declared = { durable: true, snapshots: keepsSnapshots }
  declare(test, withPlace, declared, { ...failures, ...(keepsSnapshots && snapshotFailures) })
}

/** That what has rotted is noticed: for durable storages with snapshots, on a place where that can be tried. */
export function testStorageDamage(test: DeclareTest, withPlace: WithPlace<DamagePlace>): void {
  declare(test, withPlace, { durable: true }, damage)
}

function declare<Place extends StoragePlace>(
  test: DeclareTest,
  withPlace: WithPlace<Place>,
  declared: StorageCapabilities,
  contract: Contract<Place>,
): void {
  for (const [name, run] of Object.entries(contract)) {
    test(name, () => withPlace((place) => onBench(new Bench(place, declared), run)))
  }
}

/** Closes what the case has opened, whatever became of it. */
async function onBench<Place extends StoragePlace>(
  bench: Bench<Place>,
  run: (bench: Bench<Place>) => Promise<void>,
): Promise<void> {
  try {
    await run(bench)
  } catch (error) {
    await bench.end().catch(() => {})
    throw error
  }
  await bench.end()
}

/** The seed is part of the name: every report tells it. */
function declareHistories<Place extends StoragePlace>(
  test: DeclareTest,
  withPlace: WithPlace<Place>,
  name: string,
  declared: StorageCapabilities,
  { seed = freshSeed(), histories = 20, steps = 30 }: RandomOptions,
  optionsOf: (place: Place) => HistoryOptions,
): void {
  test(`${name} (seed ${seed})`, async () => {
    for (let i = 0; i < histories; i++) {
      const run = (place: Place): Promise<void> =>
        onBench(new Bench(place, declared), async (bench) => {
          const history = new History(bench, new Random(seed + i), optionsOf(place))
          await history.run(steps).catch((error: unknown) => {
            throw new Error(`history ${i + 1} of seed ${seed}: ${history.tell(error)}`, { cause: error })
          })
        })
      await withPlace(run)
    }
  })
}
