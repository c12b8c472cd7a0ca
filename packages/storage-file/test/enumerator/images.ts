// Every image that a crash may leave: of what was not synced any part, sector by sector and name by name.
import { choices } from './choices.js'
import {
  type CrashState,
  changed,
  type FileState,
  isWrite,
  type PendingChange,
  type PendingWrite,
} from './crash-state.js'
import type { Image } from './operations.js'
import type { Random } from './random.js'

const SECTOR_BYTES = 512

export interface ImageLimits {
  /** Versions of one file, and images of one crash, beyond which they are chosen. */
  readonly filesMax: number
  readonly imagesMax: number
}

/** Nothing that was not synced is there. */
export function strictImage(state: CrashState): Image {
  const files = [...state.durableNames].map(([path, inode]) => [path, state.files[inode]!.durable] as const)
  return new Map(files)
}

export function* images(state: CrashState, limits: ImageLimits, random: Random): Generator<Image> {
  const namings = choices(
    state.changes.map(() => 2),
    limits.filesMax,
    random,
  ).map((kept) => state.namesWith((change) => kept[change] === 1))
  const inodes = [...new Set(namings.flatMap((names) => [...names.values()]))]
  const versions = inodes.map((inode) => versionsOf(state.files[inode]!, limits, random))
  const sizes = [namings.length, ...versions.map(({ length }) => length)]
  for (const [naming, ...chosen] of choices(sizes, limits.imagesMax, random)) {
    const contents = new Map(inodes.map((inode, i) => [inode, versions[i]![chosen[i]!]!]))
    yield new Map([...namings[naming!]!].map(([path, inode]) => [path, contents.get(inode)!]))
  }
}

/** A change that is kept or lost as a whole: a truncation, or the part of a write that is in one sector. */
interface Piece {
  readonly change: PendingChange
  /** Pieces of one group reach the disk in order: it has the sector as it was after one of them, or after none. */
  readonly group: number
  readonly rank: number
}

/** First the one that has nothing of what is pending, last the one that has it all. */
function versionsOf({ durable, pending }: FileState, limits: ImageLimits, random: Random): Buffer[] {
  if (pending.length === 0) return [durable]
  const { pieces, groupSizes } = piecesOf(pending)
  const found = new Map<string, Buffer>()
  const add = (bytes: Buffer): unknown => found.set(bytes.toString('latin1'), bytes)
  const lengthMax = lengthAfter(durable, pending)
  const sizes = groupSizes.map((size) => size + 1)
  for (const kept of choices(sizes, limits.filesMax, random)) {
    const bytes = pieces
      .filter(({ group, rank }) => rank < kept[group]!)
      .reduce((before, { change }) => changed(before, change), durable)
    add(bytes)
    // The file's new length is there, what was written behind is not.
    if (bytes.length < lengthMax) add(Buffer.concat([bytes], lengthMax))
  }
  const whole = pending.reduce(changed, durable)
  found.delete(whole.toString('latin1'))
  return [...found.values(), whole]
}

/** How long the file is with every write and no truncation. */
function lengthAfter(durable: Buffer, pending: readonly PendingChange[]): number {
  const ends = pending.filter(isWrite).map(({ position, bytes }) => position + bytes.length)
  return Math.max(durable.length, ...ends)
}

function piecesOf(pending: readonly PendingChange[]): { pieces: Piece[]; groupSizes: number[] } {
  const pieces: Piece[] = []
  const groupSizes: number[] = []
  const groups = new Map<number, number>()
  for (const change of pending) {
    if (!isWrite(change)) {
      pieces.push({ change, group: groupSizes.length, rank: 0 })
      groupSizes.push(1)
      continue
    }
    for (const part of sectorsOf(change)) {
      const sector = Math.floor(part.position / SECTOR_BYTES)
      const group = groups.get(sector) ?? groupSizes.push(0) - 1
      groups.set(sector, group)
      pieces.push({ change: part, group, rank: groupSizes[group]!++ })
    }
  }
  return { pieces, groupSizes }
}

function* sectorsOf({ position, bytes }: PendingWrite): Generator<PendingWrite> {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR_BYTES - ((position + from) % SECTOR_BYTES))
    yield { position: position + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}
