// A block that lies under a checksum that is right: what a peer that means harm would send.
import { crc32 } from '../../src/wire/crc32-table.js'

/** Where a block keeps its fields. */
export const BlockOffset = {
  byteLength: 4,
  checksum: 8,
  count: 12,
  term: 16,
  timestamp: 24,
  sessionId: 32,
  firstSequence: 40,
  acknowledgedBelow: 48,
  firstIndex: 56,
  entries: 64,
} as const

export function reseal(block: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const bytes = block.slice()
  const view = new DataView(bytes.buffer)
  change(view)
  const { checksum, count } = BlockOffset
  view.setUint32(checksum, crc32(bytes.subarray(count), crc32(bytes.subarray(0, checksum))), true)
  return bytes
}
