// What disks do to data that nobody touches: flip a bit, lose a block to zeros, give back another block, or an old one.
import type { Tape } from '../world/tape.js'
import type { World } from '../world/world.js'
import type { PendingWrite } from './content.js'
import { BLOCK_BYTES, type Inode } from './inode.js'
import type { Volume } from './volume.js'

const KINDS = ['bit rot', 'zeroed block', 'misdirected block', 'stale block'] as const

/** Damages one of the files that have been durable for long. False: there is none. */
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
  const { bytes } = inode.durable
  // The used part: a prepared segment ends with zeros.
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  if (length === 0) return false
  const at = tape.below(length)
  const kind = KINDS[tape.below(KINDS.length)]!
  const block = kind === 'bit rot' ? undefined : otherBlock(kind, inode, at, length, tape)
  world.coverage.hit(`disk: ${block === undefined ? 'bit rot' : kind}`)
  const flipped = Uint8Array.of(bytes[at]! ^ (1 << tape.below(8)))
  inode.durable.write(block ?? { position: at, bytes: flipped })
  inode.forgetClean()
  return true
}

/** What the block at `at` becomes; undefined when that would be what it is. */
function otherBlock(
  kind: Exclude<(typeof KINDS)[number], 'bit rot'>,
  inode: Inode,
  at: number,
  length: number,
  tape: Tape,
): PendingWrite | undefined {
  const position = at - (at % BLOCK_BYTES)
  const before = inode.durable.bytes.subarray(position, position + BLOCK_BYTES)
  const bytes = new Uint8Array(before.length)
  if (kind === 'misdirected block') {
    const blocks = Math.ceil(length / BLOCK_BYTES)
    const other = ((position / BLOCK_BYTES + 1 + tape.below(Math.max(1, blocks - 1))) % blocks) * BLOCK_BYTES
    bytes.set(inode.durable.bytes.subarray(other, other + bytes.length))
  } else if (kind === 'stale block') {
    // What it held before it was written last: that write is lost.
    const older = inode.olderBlock(position)
    if (older === undefined) return undefined
    bytes.set(older.subarray(0, bytes.length))
  }
  return bytes.every((byte, i) => byte === before[i]) ? undefined : { position, bytes }
}
