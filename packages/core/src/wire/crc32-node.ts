// The one place where core touches node: its native CRC-32, chosen by the package's `imports` conditions.
import { crc32 as native } from 'node:zlib'

/** CRC-32 of `bytes`, continuing from `seed` (an earlier result), as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return native(bytes, seed)
}
