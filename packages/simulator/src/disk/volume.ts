// A machine's disk and its page cache: what processes see, what is durable, and what a crash makes of the difference.
import type { Tape } from '../world/tape.js'
import type { World } from '../world/world.js'
import type { PendingWrite } from './content.js'
import type { Inode } from './inode.js'
import { Names } from './names.js'
import { tear } from './tear.js'

/** A write that the system was told of and has not completed. */
export interface UnderWay {
  readonly inode: Inode
  readonly write: PendingWrite
}

export class Volume {
  readonly world: World
  readonly names: Names = new Names()

  constructor(world: World) {
    this.world = world
  }

  /** The process died, its machine did not: what was written is still in the page cache. */
  processDied(underWay: Iterable<UnderWay>, tape: Tape): void {
    this.#countDeceived('process killed, the cache shows what a failed sync lost')
    for (const { inode, write } of underWay)
      for (const piece of tear(this.world, tape, write)) inode.write(piece)
  }

  /** The page cache drops what it takes for clean: it wants the memory. */
  forgetClean(): void {
    this.#countDeceived('the cache drops what a failed sync lost')
    for (const inode of this.names.files()) inode.forgetClean()
  }

  /** The power went: of what was not synced any part may be there. */
  powerLost(underWay: Iterable<UnderWay>, tape: Tape): void {
    const { coverage } = this.world
    this.#countDeceived('power lost, with it what a failed sync lost')
    for (const { inode, write } of underWay) inode.write(write)
    this.names.powerLost((isDirectory) => {
      const kept = tape.below(2) === 1
      const what = isDirectory ? 'directory' : 'name'
      coverage.hit(`disk: unsynced ${what} ${kept ? 'survives' : 'vanishes in'} a crash`)
      return kept
    })
    for (const inode of this.names.files()) inode.powerLost((write) => tear(this.world, tape, write))
  }

  #countDeceived(what: string): void {
    if (this.names.files().some(({ deceives }) => deceives)) this.world.coverage.hit(`disk: ${what}`)
  }
}
