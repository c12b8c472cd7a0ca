// What disks do to data that nobody touches: flip a bit, lose a block to zeros, give back another block.
import type { World } from '../world/world.js'
import type { Inode } from './volume.js'

const BLOCK_BYTES = 512

/** Damages what processes see and what is durable alike. False: nothing was changed by it. */
export function damageContent(world: World, inode: Inode): boolean {
  const { disk: tape } = world.tapes
  const before = inode.durable.bytes
  // The used part: a prepared segment ends with zeros.
  let length = before.length
  while (length > 0 && before[length - 1] === 0) length--
  if (length === 0) return false
  const at = tape.below(length)
  const block = at - (at % BLOCK_BYTES)
  const end = Math.min(block + BLOCK_BYTES, before.length)
  const kind = tape.below(3)
  let position = at
  let bytes: Uint8Array
  if (kind === 0) {
    bytes = Uint8Array.of(before[at]! ^ (1 << tape.below(8)))
  } else if (kind === 1) {
    position = block
    bytes = new Uint8Array(end - block)
  } else {
    const other = tape.below(Math.max(1, Math.floor(length / BLOCK_BYTES))) * BLOCK_BYTES
    position = block
    bytes = before.slice(other, other + end - block)
  }
  const same = bytes.every((byte, i) => byte === before[position + i])
  if (same) return false
  world.coverage.hit(`disk: ${['bit rot', 'zeroed block', 'misdirected block'][kind]}`)
  inode.durable.write({ position, bytes })
  inode.cached.become(inode.durable)
  return true
}
