// InstallSnapshot and its reply on the wire. A chunk's bytes follow the fields, with a checksum of their own.
import { crc32 } from '#crc32'
import { type ByteReader, type ByteWriter, decodeError } from './bytes.js'
import { SNAPSHOT_CHUNK_BYTES_MAX } from './limits.js'
import { readMembers, writeMembers } from './membership-entry.js'
import type { InstallSnapshotChunk } from './messages.js'

/** Everything but the data, which follows. */
export function encodeInstallSnapshot(writer: ByteWriter, message: InstallSnapshotChunk): void {
  writer.u53(message.lastIncludedIndex).u53(message.lastIncludedTerm).u53(message.timestamp)
  writeMembers(writer, message.members)
  writer.u53(message.totalBytes).u32(message.contentChecksum).u53(message.offset)
  writer.u32(message.data.length).u32(crc32(message.data))
}

/** @throws RaftError ERR_DECODE */
export function decodeInstallSnapshot(term: number, reader: ByteReader): InstallSnapshotChunk {
  const lastIncludedIndex = reader.u53()
  const lastIncludedTerm = reader.u53()
  const timestamp = reader.u53()
  if (lastIncludedIndex < 1 || lastIncludedTerm < 1 || lastIncludedTerm > term)
    throw decodeError(`a snapshot of ${lastIncludedIndex} of term ${lastIncludedTerm} in term ${term}`)
  const members = readMembers(reader)
  const totalBytes = reader.u53()
  const contentChecksum = reader.u32()
  const offset = reader.u53()
  const length = reader.u32()
  if (length > SNAPSHOT_CHUNK_BYTES_MAX) throw decodeError(`a chunk of ${length} bytes`)
  if (offset > totalBytes - length)
    throw decodeError(`a chunk up to ${offset + length} of ${totalBytes} bytes`)
  const checksum = reader.u32()
  const data = reader.raw(length)
  if (crc32(data) !== checksum) throw decodeError('chunk checksum')
  const point = { lastIncludedIndex, lastIncludedTerm, timestamp, members }
  return { type: 'InstallSnapshot', term, ...point, totalBytes, contentChecksum, offset, data }
}
