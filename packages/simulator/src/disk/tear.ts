// What is left of a write that was not synced when the power went: all of it, none, a beginning, or any of its sectors.
import type { Tape } from '../world/tape.js'
import type { World } from '../world/world.js'
import type { PendingWrite } from './content.js'

const SECTOR_BYTES = [512, 4_096] as const

/** The pieces that reached the disk, in no order that matters. */
export function tear(world: World, tape: Tape, write: PendingWrite): PendingWrite[] {
  const { position, bytes } = write
  const fate = tape.below(4)
  if (fate === 0) {
    world.coverage.hit('disk: unsynced write is lost in a crash')
    return []
  }
  if (fate === 1) {
    world.coverage.hit('disk: unsynced write survives a crash')
    return [write]
  }
  world.coverage.hit('disk: torn write')
  const sector = SECTOR_BYTES[tape.below(2)]!
  const pieces: PendingWrite[] = []
  // Sectors are the disk's, not the file's beginnings of writes.
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + sector - ((position + from) % sector))
    const kept = fate === 2 ? tape.below(4) !== 0 : tape.below(2) === 1
    if (kept) pieces.push({ position: position + from, bytes: bytes.subarray(from, to) })
    else if (fate === 2) break
    from = to
  }
  return pieces
}
