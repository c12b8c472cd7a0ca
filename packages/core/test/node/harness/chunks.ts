// A leader's snapshot, cut by the test.
import { contentOf } from '../../../src/node/snapshots/content.js'
import { crc32 } from '../../../src/wire/crc32-table.js'
import type { InstallSnapshotChunk, PeerMessage } from '../../../src/wire/messages.js'
import { encodeValues } from '../../../src/wire/value-encoder.js'

/** A content as a leader would send it, of a state of these words. */
export async function contentBytes(...words: string[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of contentOf({ sessions: [], machine: encodeValues([{ words }]) }))
    pieces.push(piece.slice())
  return new Uint8Array(Buffer.concat(pieces))
}

/** Of the snapshot of 5, from a leader of term 3, unless told otherwise. */
export function chunk(
  content: Uint8Array,
  from: number,
  to: number,
  changed: Partial<InstallSnapshotChunk> = {},
): PeerMessage {
  return {
    type: 'InstallSnapshot',
    term: 3,
    lastIncludedIndex: 5,
    lastIncludedTerm: 2,
    timestamp: 7,
    members: ['A', 'B', 'C'].map((id) => ({ id, address: id, role: 'voter' })),
    totalBytes: content.length,
    contentChecksum: crc32(content),
    offset: from,
    data: content.subarray(from, to),
    ...changed,
  }
}
