// The contract of the FileSystem port as a suite: whoever brings another disk runs it under a test runner of its own.
import { contents } from './contents.js'
import { durability, type PowerPlace } from './durability.js'
import { errors } from './errors.js'
import { locks } from './locks.js'
import { names } from './names.js'
import { opening } from './opening.js'
import type { Place } from './place.js'

export type { Place, PowerPlace }

/** Declares one test, as test runners do. */
export type DeclareTest = (name: string, body: () => Promise<void>) => void

/** Calls `use` once with a place of its own, and clears away what it left. */
export type WithPlace<Kind extends Place> = (use: (place: Kind) => Promise<void>) => Promise<void>

/** What any file system must do. */
export function testFileSystem(test: DeclareTest, withPlace: WithPlace<Place>): void {
  for (const [name, run] of Object.entries({ ...opening, ...contents, ...names, ...errors, ...locks })) {
    test(name, () => withPlace(run))
  }
}

/** What is left when the power was lost: for disks on which that can be tried. The cruellest loss finds the most. */
export function testDurability(test: DeclareTest, withPlace: WithPlace<PowerPlace>): void {
  for (const [name, run] of Object.entries(durability)) test(name, () => withPlace(run))
}
