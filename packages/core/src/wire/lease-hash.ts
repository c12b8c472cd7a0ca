// What members must agree on for lease reads to be safe, as one number in the hello.
import { crc32 } from '#crc32'
import { utf8 } from './bytes.js'

/** Never 0: that is no leases. */
export function leaseHash(
  electionTimeoutMsMin: number,
  electionTimeoutMsMax: number,
  clockDriftMax: number,
): number {
  return crc32(utf8(JSON.stringify([electionTimeoutMsMin, electionTimeoutMsMax, clockDriftMax]))) || 1
}
