// Checksums of what is larger than one buffer.
import { crc32 } from '#crc32'

/** CRC-32 of `bytes` behind what has given `before`. */
export function checksumOf(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before)
}
