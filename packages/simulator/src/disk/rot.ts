// What disks do to data that nobody touches: flip a bit, lose a block to zeros, give back another block, or an old one.
import type { World } from '../world/world.js'
import { BLOCK_BYTES, type Inode } from './inode.js'
import type { Volume } from './volume.js'

const KINDS = ['bit rot', 'zeroed block', 'misdirected block', 'stale block'] as const

/** Damages one of the files that have been durable for long. False: there is none, or it made no difference. */
export function damage(volume: Volume, directory: string): boolean {
  const { names, world } = volume
  if (names.find(directory) === undefined) return false
  const all = names.list(directory)
  // In the last batch damage cannot be told from a tear, and a segment that was begun and not written yet may stand
  // behind the one that holds it.
  const spared = all.filter((name) => name.endsWith('.segment')).slice(-2)
  const old = all
    .filter((name) => !name.endsWith('.tmp') && !spared.includes(name))
    .map((name) => ({ name, path: `${directory}/${name}` }))
    .filter(({ path }) => names.isDurable(path) && names.file(path).isSettled)
  if (old.length === 0) return false
  const { name, path } = old[world.tapes.disk.below(old.length)]!
  const damaged = damageContent(world, names.file(path))
  if (damaged && name === 'format') world.coverage.hit('disk: rot in the format file')
  return damaged
}

/** Damages what processes see and what is durable alike. */
function damageContent(world: World, inode: Inode): boolean {
  const { disk: tape } = world.tapes
  const before = inode.durable.bytes
  // The used part: a prepared segment ends with zeros.
  let length = before.length
  while (length > 0 && before[length - 1] === 0) length--
  if (length === 0) return false
  const at = tape.below(length)
  const block = at - (at % BLOCK_BYTES)
  const end = Math.min(block + BLOCK_BYTES, before.length)
  const kind = KINDS[tape.below(KINDS.length)]!
  let position = block
  let bytes: Uint8Array
  if (kind === 'bit rot') {
    position = at
    bytes = Uint8Array.of(before[at]! ^ (1 << tape.below(8)))
  } else if (kind === 'zeroed block') {
    bytes = new Uint8Array(end - block)
  } else if (kind === 'misdirected block') {
    const other = tape.below(Math.max(1, Math.floor(length / BLOCK_BYTES))) * BLOCK_BYTES
    bytes = before.slice(other, other + end - block)
  } else {
    // What it held before it was written last: that write is lost.
    bytes = new Uint8Array(end - block)
    bytes.set(inode.olderBlock(block)?.subarray(0, end - block) ?? bytes)
  }
  const same = bytes.every((byte, i) => byte === before[position + i])
  if (same) return false
  const hit = kind === 'stale block' && inode.olderBlock(block) === undefined ? 'zeroed block' : kind
  world.coverage.hit(`disk: ${hit}`)
  inode.durable.write({ position, bytes })
  inode.forgetClean()
  return true
}
