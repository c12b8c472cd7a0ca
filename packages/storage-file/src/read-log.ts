// Reads blocks back from the files, with only the entries that count.
import { type EntryBlock, type LogIndex, reframe } from '@riverraft/core'
import type { EffectiveLog, Stretch } from './effective-log.js'
import { corrupt } from './errors.js'
import type { File, FileSystem } from './file-system.js'
import { segmentName } from './names.js'
import { RecordReader } from './record-reader.js'
import type { Segment } from './recover-log.js'

/** How much is read at once beyond what was asked for: the way from a mark to the block, mostly. */
const WALK_BYTES = 64 * 1024
const CHUNK_BYTES_MAX = 1024 * 1024

interface Source {
  readonly stretch: Stretch
  readonly path: string
  readonly salt: number
  readonly end: number
}

/**
 * The blocks from the one that holds `from` on, at least one, as many as `bytesMax` allows; none where there is no
 * entry. What is written or truncated meanwhile does not show.
 */
export async function readLog(
  fileSystem: FileSystem,
  directory: string,
  log: EffectiveLog,
  segments: readonly Segment[],
  from: LogIndex,
  bytesMax: number,
): Promise<EntryBlock[]> {
  const sources = log.stretches(from, bytesMax).map((stretch): Source => {
    const { salt, end } = segments[stretch.sequence - segments[0]!.sequence]!
    return { stretch, path: `${directory}/${segmentName(stretch.sequence)}`, salt, end }
  })
  const found = new Found(from, bytesMax)
  let opened: { readonly path: string; readonly file: File; readonly reader: RecordReader } | undefined
  try {
    for (const { stretch, path, salt, end } of sources) {
      if (opened?.path !== path) {
        const before = opened?.file
        opened = undefined
        if (before !== undefined) await fileSystem.close(before)
        const file = await fileSystem.open(path, 'read')
        const chunkBytes = Math.min(bytesMax + WALK_BYTES, CHUNK_BYTES_MAX)
        const place = { salt, position: stretch.offset, end }
        opened = { path, file, reader: new RecordReader(fileSystem, file, place, chunkBytes) }
      }
      opened.reader.position = stretch.offset
      if (!(await walk(opened.reader, path, stretch, found))) break
    }
  } finally {
    if (opened !== undefined) await fileSystem.close(opened.file)
  }
  return found.blocks
}

/** Collects a stretch's blocks; false when there are enough. */
async function walk(reader: RecordReader, path: string, stretch: Stretch, found: Found): Promise<boolean> {
  for (let end = stretch.first - 1; end < stretch.last; ) {
    const { position } = reader
    const record = reader.nextInMemory() ?? (await reader.next())
    if (record === undefined) throw corrupt(path, position, `entry ${end + 1} was here, and is damaged`)
    if (record.block === undefined) continue
    if (record.index !== end + 1)
      throw corrupt(path, position, `entry ${record.index} stands in place of ${end + 1}`)
    end = Math.min(record.block.lastIndex, stretch.last)
    if (end >= found.from && !found.add(record.block, record.index, end)) return false
  }
  return true
}

class Found {
  readonly from: LogIndex
  readonly blocks: EntryBlock[] = []
  #bytesLeft: number

  constructor(from: LogIndex, bytesMax: number) {
    this.from = from
    this.#bytesLeft = bytesMax
  }

  add(block: EntryBlock, first: LogIndex, last: LogIndex): boolean {
    const effective = reframe(block, first, last)
    this.#bytesLeft -= effective.byteLength
    if (this.blocks.length > 0 && this.#bytesLeft < 0) return false
    this.blocks.push(effective)
    return this.#bytesLeft > 0
  }
}
