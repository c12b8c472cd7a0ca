// Every image that a crash may leave: of what was not synced any part, sector by sector and name by name.

import { choices } from './choices.js'
import type { CrashState, FileState } from './crash-state.js'
import { patched } from './crash-state.js'
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

/** The piece of a write that is in one sector. */
interface Piece {
  readonly position: number
  readonly bytes: Buffer
}

/** First the one that has nothing of what is pending, last the one that has it all. */
function versionsOf({ durable, pending }: FileState, limits: ImageLimits, random: Random): Buffer[] {
  if (pending.length === 0) return [durable]
  /** For each sector what was written there, in order: the disk has the sector as it was after one of these. */
  const sectors = new Map<number, Piece[]>()
  for (const write of pending) {
    for (const piece of piecesOf(write)) {
      const sector = Math.floor(piece.position / SECTOR_BYTES)
      sectors.set(sector, [...(sectors.get(sector) ?? []), piece])
    }
  }
  const length = pending.reduce(
    (length, { position, bytes }) => Math.max(length, position + bytes.length),
    durable.length,
  )
  const found = new Map<string, Buffer>()
  const pieces = [...sectors.values()]
  for (const kept of choices(
    pieces.map(({ length }) => length + 1),
    limits.filesMax,
    random,
  )) {
    let bytes = durable
    for (const [i, count] of kept.entries()) {
      for (const piece of pieces[i]!.slice(0, count)) bytes = patched(bytes, piece)
    }
    found.set(bytes.toString('latin1'), bytes)
    // The file's new length is there, what was written behind is not.
    if (bytes.length < length) {
      const longer = Buffer.concat([bytes], length)
      found.set(longer.toString('latin1'), longer)
    }
  }
  const whole = pending.reduce(patched, durable)
  found.delete(whole.toString('latin1'))
  return [...found.values(), whole]
}

function* piecesOf({ position, bytes }: Piece): Generator<Piece> {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR_BYTES - ((position + from) % SECTOR_BYTES))
    yield { position: position + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}
