// Behind damage: a record of a later batch. It was begun only after the damaged one had been acknowledged.
import { readUpTo } from './calls.js'
import type { File, FileSystem } from './file-system.js'
import { checkedBytes, HEAD_BYTES_MAX, isWhole, parseRecord, RECORD_BYTES } from './record.js'

const CHUNK_BYTES = 1024 * 1024
/** Of the salt in a record. */
const SALT_OFFSET = 4
const OVERLAP_BYTES = RECORD_BYTES + HEAD_BYTES_MAX
const ZEROS = Buffer.alloc(CHUNK_BYTES)

/**
 * Looks at every byte from `from` on for the header of a whole record whose batch number is above `batch`; returns where
 * it stands. A command may hold anything, records of another storage too: they carry another salt. Where the salt is not
 * known, there is only the number, which is enough against what this storage itself wrote earlier, also into this file
 * before it was recycled: numbers go on for ever.
 */
export async function findLaterBatch(
  fileSystem: FileSystem,
  file: File,
  from: number,
  { batch, salt }: { readonly batch: number; readonly salt: number | undefined },
): Promise<number | undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  for (let position = from; ; position += CHUNK_BYTES - OVERLAP_BYTES) {
    const have = await readUpTo(fileSystem, file, chunk, position)
    const bytes = chunk.subarray(0, have)
    const candidates = salt === undefined ? everywhere(bytes) : placesOf(salt, bytes)
    for (const at of candidates) if (isLater(bytes, at, batch, salt)) return position + at
    if (have < CHUNK_BYTES) return undefined
  }
}

function isLater(bytes: Buffer, at: number, batch: number, salt: number | undefined): boolean {
  const header = parseRecord(bytes, at)
  if (header === undefined || header.batch <= batch) return false
  if (salt !== undefined && header.salt !== salt) return false
  return at + checkedBytes(header) <= bytes.length && isWhole(header, bytes, at)
}

function* everywhere(bytes: Buffer): Generator<number> {
  if (bytes.equals(ZEROS.subarray(0, bytes.length))) return
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at++) yield at
}

/** Where a record with this salt may begin: searching for four bytes is many times faster than looking at every place. */
function* placesOf(salt: number, bytes: Buffer): Generator<number> {
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(salt)
  for (let at = bytes.indexOf(wanted, SALT_OFFSET); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
    const start = at - SALT_OFFSET
    if (start + RECORD_BYTES <= bytes.length) yield start
  }
}
