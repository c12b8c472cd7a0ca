// Behind damage: a record of a later batch. It was begun only after the damaged one had been acknowledged.
import { readUpTo } from './calls.js'
import type { File, FileSystem } from './file-system.js'
import { checkedBytes, HEAD_BYTES_MAX, isWhole, parseRecord, RECORD_BYTES } from './record.js'

const CHUNK_BYTES = 1024 * 1024
const OVERLAP_BYTES = RECORD_BYTES + HEAD_BYTES_MAX
const ZEROS = Buffer.alloc(CHUNK_BYTES)

/**
 * Looks at every byte from `from` on for the header of a whole record whose batch number is above `batch`; returns where
 * it stands. A command may hold anything, records of another storage too: they carry another salt. Where the salt is not
 * known, there is only the number, which is enough against what this storage itself wrote earlier.
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
    const at = findIn(chunk.subarray(0, have), batch, salt)
    if (at !== undefined) return position + at
    if (have < CHUNK_BYTES) return undefined
  }
}

function findIn(bytes: Buffer, batch: number, salt: number | undefined): number | undefined {
  if (bytes.equals(ZEROS.subarray(0, bytes.length))) return undefined
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at++) {
    const header = parseRecord(bytes, at)
    if (header === undefined || header.batch <= batch) continue
    if (salt !== undefined && header.salt !== salt) continue
    if (at + checkedBytes(header) <= bytes.length && isWhole(header, bytes, at)) return at
  }
  return undefined
}
