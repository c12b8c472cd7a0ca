// The segment that comes next: what its header will say, and what a crash during its first write may leave of it.
import type { LogPosition, StorageIdentity } from '@riverraft/core'
import type { RecoveredLog } from './recover-log.js'
import { CRC_AT, type Sealed } from './sealed.js'
import { encodeSegmentHeader, isUnforeseeable, SALT_AT } from './segment-header.js'

export function nextSequence({ segments }: RecoveredLog): number {
  return (segments.at(-1)?.sequence ?? 0) + 1
}

/** `restart`: the log goes on behind this entry, which a snapshot replaces, and not behind what stands before. */
export function nextSegmentHeader(
  state: RecoveredLog,
  { clusterId, nodeId, incarnation }: StorageIdentity,
  salt: number,
  restart: LogPosition | undefined,
): Sealed {
  const { log, segments, hardState, generation, batch } = state
  const previous = segments.at(-1)
  return encodeSegmentHeader({
    sequence: nextSequence(state),
    salt,
    restart: restart !== undefined,
    firstBatch: batch + 1,
    firstIndex: (restart?.index ?? log.lastIndex) + 1,
    previousTerm: restart?.term ?? log.termAt(log.lastIndex)!,
    previousEnd: previous?.end ?? 0,
    previousCrc: previous?.crc ?? 0,
    hardState,
    generation,
    clusterId,
    nodeId,
    incarnation,
  })
}

/** What is left of a header that is not whole. */
export interface TornHeader {
  /** Where there is something that no crash leaves. */
  readonly damagedAt: number | undefined
  /** The segment's salt, if what stands around it is right. */
  readonly salt: number | undefined
}

/**
 * Where the header is written there were zeros. A crash leaves any part of it, and zeros for the rest: nothing else, and
 * not all of it with a wrong checksum. That is damage, and what was acknowledged may stand behind it.
 */
export function judgeTornHeader(found: Buffer, state: RecoveredLog, identity: StorageIdentity): TornHeader {
  const { bytes: expected } = nextSegmentHeader(state, identity, 0, undefined)
  let damagedAt: number | undefined
  const missing: number[] = []
  for (let at = 0; at < expected.length; at++) {
    if (isUnforeseeable(at) || found[at] === expected[at]) continue
    missing.push(at)
    if (found[at] !== 0 && at < found.length) damagedAt ??= at
  }
  const lacks = (from: number, to: number): boolean => missing.some((at) => at >= from && at < to)
  const salt = lacks(0, SALT_AT) || lacks(SALT_AT, SALT_AT + 16) ? 0 : found.readUInt32LE(SALT_AT)
  const crc = salt === 0 ? 0 : found.readUInt32LE(CRC_AT)
  if (missing.length === 0 && crc !== 0) damagedAt = CRC_AT
  return { damagedAt, salt: salt === 0 ? undefined : salt }
}
