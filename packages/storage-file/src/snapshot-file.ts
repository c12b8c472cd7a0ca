// A snapshot as a file: a sealed header, then the content in frames, each with a checksum that continues the one before.
//
//   frame: u32 length (at most 1 MiB), u32 CRC-32 of the bytes, the bytes
//   end:   u32 0, u32 CRC-32 of what follows, u53 length of the content. The file ends here.
import { crc32 } from 'node:zlib'
import type { SnapshotMetadata } from '@riverraft/core'
import { FieldWriter, getU53, putU53 } from './bytes.js'
import { readUpTo, write } from './calls.js'
import { corrupt } from './errors.js'
import type { File, FileSystem } from './file-system.js'
import { readMembers, writeMembers } from './members.js'
import { SEAL_BYTES, seal, sealedLength, unseal } from './sealed.js'

/** "RVRS" as bytes. */
const MAGIC = 0x53525652
const FRAME_BYTES = 8
const END_BYTES = 16
const FRAME_CONTENT_BYTES_MAX = 1024 * 1024

/** Whose snapshot it is. */
export interface SnapshotOwner {
  readonly clusterId: string
  readonly nodeId: string
}

/** Writes a whole snapshot. Does not sync. Chunks may be of any size, and be reused once the next one is asked for. */
export async function writeSnapshot(
  fileSystem: FileSystem,
  file: File,
  { clusterId, nodeId }: SnapshotOwner,
  metadata: SnapshotMetadata,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const fields = new FieldWriter().text(clusterId).text(nodeId)
  fields.u53(metadata.index).u53(metadata.term).u53(metadata.timestamp)
  const header = seal(MAGIC, writeMembers(fields, metadata.members))
  await write(fileSystem, file, header.bytes, 0)
  const frames = new FrameWriter(fileSystem, file, header.bytes.length, header.crc)
  for await (const chunk of content) await frames.add(chunk)
  await frames.end()
}

class FrameWriter {
  readonly #fileSystem: FileSystem
  readonly #file: File
  readonly #frame: Buffer = Buffer.allocUnsafe(FRAME_BYTES + FRAME_CONTENT_BYTES_MAX)
  #filled = 0
  #position: number
  #crc: number
  #contentBytes = 0

  constructor(fileSystem: FileSystem, file: File, position: number, crc: number) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.#position = position
    this.#crc = crc
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      const some = chunk.subarray(from, from + FRAME_CONTENT_BYTES_MAX - this.#filled)
      this.#frame.set(some, FRAME_BYTES + this.#filled)
      this.#filled += some.length
      from += some.length
      if (this.#filled === FRAME_CONTENT_BYTES_MAX) await this.#flush()
    }
  }

  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush()
    const end = Buffer.alloc(END_BYTES)
    putU53(end, FRAME_BYTES, this.#contentBytes)
    end.writeUInt32LE(crc32(end.subarray(FRAME_BYTES), this.#crc), 4)
    await write(this.#fileSystem, this.#file, end, this.#position)
  }

  async #flush(): Promise<void> {
    const frame = this.#frame.subarray(0, FRAME_BYTES + this.#filled)
    this.#crc = crc32(frame.subarray(FRAME_BYTES), this.#crc)
    frame.writeUInt32LE(this.#filled, 0)
    frame.writeUInt32LE(this.#crc, 4)
    await write(this.#fileSystem, this.#file, frame, this.#position)
    this.#position += frame.length
    this.#contentBytes += this.#filled
    this.#filled = 0
  }
}

export interface SnapshotHeader {
  readonly metadata: SnapshotMetadata
  readonly length: number
  readonly crc: number
}

/** @throws RaftError ERR_STORAGE_CORRUPT */
export async function readSnapshotHeader(
  fileSystem: FileSystem,
  file: File,
  path: string,
  owner: SnapshotOwner,
): Promise<SnapshotHeader> {
  const start = Buffer.alloc(SEAL_BYTES)
  const have = await readUpTo(fileSystem, file, start, 0)
  const bytes = Buffer.alloc(sealedLength(MAGIC, start.subarray(0, have)) ?? 0)
  await readUpTo(fileSystem, file, bytes, 0)
  const sealed = unseal(MAGIC, bytes, path)
  if (sealed === undefined) throw corrupt(path, 0, 'the header of the snapshot is damaged')
  const { fields, length, crc } = sealed
  const [clusterId, nodeId] = [fields.text(), fields.text()]
  if (clusterId !== owner.clusterId || nodeId !== owner.nodeId) {
    throw corrupt(path, 0, `the snapshot is of node '${nodeId}' of cluster '${clusterId}'`)
  }
  const [index, term, timestamp] = [fields.u53(), fields.u53(), fields.u53()]
  return { metadata: { index, term, timestamp, members: readMembers(fields) }, length, crc }
}

/** The content behind the header, in frames; nothing is given out before its checksum was right. */
export async function* readSnapshotContent(
  fileSystem: FileSystem,
  file: File,
  path: string,
  header: SnapshotHeader,
): AsyncGenerator<Uint8Array, void, undefined> {
  let { length: position, crc } = header
  let contentBytes = 0
  for (;;) {
    const start = await readExactly(fileSystem, file, path, position, FRAME_BYTES)
    const length = start.readUInt32LE(0)
    if (length > FRAME_CONTENT_BYTES_MAX) throw corrupt(path, position, 'a frame of the snapshot is damaged')
    const bytes = await readExactly(
      fileSystem,
      file,
      path,
      position + FRAME_BYTES,
      length || END_BYTES - FRAME_BYTES,
    )
    crc = crc32(bytes, crc)
    if (crc !== start.readUInt32LE(4)) throw corrupt(path, position, 'a frame of the snapshot is damaged')
    position += FRAME_BYTES + bytes.length
    if (length === 0) {
      if (getU53(bytes, 0) !== contentBytes || (await fileSystem.size(file)) !== position) {
        throw corrupt(path, position, 'the snapshot does not end where it should')
      }
      return
    }
    contentBytes += length
    yield bytes
  }
}

async function readExactly(
  fileSystem: FileSystem,
  file: File,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length)
  const have = await readUpTo(fileSystem, file, bytes, position)
  if (have < length) throw corrupt(path, position, 'the snapshot is cut off')
  return bytes
}
