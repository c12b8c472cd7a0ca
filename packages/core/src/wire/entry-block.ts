// Entry blocks: a run of entries of one term, encoded once by the leader; the same bytes serve every socket and log.
//
//   0  u8   version (1)           24  u53  timestamp, ms since 1970, never below the previous block's
//   1  u8   flags                 32  u53  session id, 0: none
//   2  u16  reserved, 0           40  u53  sequence of the first entry within the session
//   4  u32  byte length, all      48  u53  acknowledgedBelow: the client needs no result below it
//   8  u32  CRC-32, all the others 56  u53  first index
//  12  u32  entry count           64  entries: u8 kind, u32 payload length, payload
//  16  u53  term
import { crc32 } from '#crc32'
import type { Configuration, LogIndex, Run, Term } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import { decodeError, getU53, plain, putU53, viewOf } from './bytes.js'
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX } from './limits.js'
import { configurationOf, decodeMembers } from './membership-entry.js'

export const BLOCK_VERSION = 1
export const BLOCK_HEADER_BYTES = 64
export const ENTRY_HEADER_BYTES = 5
/** Block flag: holds one membership entry, alone, in force from append. */
export const FLAG_MEMBERSHIP = 1

const CRC_OFFSET = 8
const CHECKED_FROM = 12

/** What an entry is. A kind this version does not know stops the node before apply. */
export const EntryKind = {
  /** §8: a leader's first entry, so that it learns what is committed. No payload. */
  Noop: 0,
  /** A command for the state machine. */
  Command: 1,
  /** Thesis §6.3: opens a client session, whose id is this entry's index. Payload: see open-session.ts. */
  OpenSession: 2,
  /** Raft §6: a configuration, alone in its block, which is flagged. Payload: see membership-entry.ts. */
  Membership: 3,
} as const
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind]

/** An entry to be encoded. */
export interface Entry {
  readonly kind: number
  readonly payload: Uint8Array
}

/** The fields of a block that its writer chooses. */
export interface BlockHeader {
  readonly firstIndex: LogIndex
  readonly term: Term
  readonly timestamp: number
  readonly flags?: number
  readonly sessionId?: number
  readonly firstSequence?: number
  readonly acknowledgedBelow?: number
}

/** An encoded block and its header's fields, read once. Immutable. */
export class EntryBlock implements Run {
  readonly bytes: Uint8Array
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly term: Term
  readonly timestamp: number
  readonly flags: number
  readonly sessionId: number
  readonly firstSequence: number
  readonly acknowledgedBelow: number
  /** Of a membership block: who is a member from its entry on. */
  readonly members: readonly Member[] | undefined
  readonly configuration: Configuration | undefined

  /** Trusts `bytes`; use decodeBlock for anything that was not encoded here. */
  constructor(bytes: Uint8Array) {
    const view = viewOf(bytes)
    this.bytes = plain(bytes)
    this.flags = view.getUint8(1)
    this.term = getU53(view, 16)
    this.timestamp = getU53(view, 24)
    this.sessionId = getU53(view, 32)
    this.firstSequence = getU53(view, 40)
    this.acknowledgedBelow = getU53(view, 48)
    this.firstIndex = getU53(view, 56)
    // In this order: near 2^53 the sum would round, and an index that is too large would pass for one that is not.
    this.lastIndex = this.firstIndex + (view.getUint32(12, true) - 1)
    this.members = (this.flags & FLAG_MEMBERSHIP) === 0 ? undefined : membersIn(this.bytes)
    this.configuration = this.members === undefined ? undefined : configurationOf(this.members)
  }

  get byteLength(): number {
    return this.bytes.length
  }

  /** The entries from `from` to `to` in order; payloads are views of this block. */
  *entries(
    from: LogIndex = this.firstIndex,
    to: LogIndex = this.lastIndex,
  ): Generator<Entry & { index: LogIndex }> {
    const cursor = new EntryCursor(this)
    while (cursor.next() && cursor.index <= to) {
      if (cursor.index >= from) yield { index: cursor.index, kind: cursor.kind, payload: cursor.payload }
    }
  }

  /** This block in memory of its own, when it is only a small view of a receive buffer. */
  owned(): EntryBlock {
    if (this.bytes.length * 2 >= this.bytes.buffer.byteLength) return this
    return new EntryBlock(this.bytes.slice())
  }
}

/** @throws RaftError ERR_DECODE unless the only entry is one of membership */
function membersIn(bytes: Uint8Array): Member[] {
  const payload = BLOCK_HEADER_BYTES + ENTRY_HEADER_BYTES
  const view = viewOf(bytes)
  const alone = view.getUint32(12, true) === 1 && bytes.length > payload
  if (!alone || bytes[BLOCK_HEADER_BYTES] !== EntryKind.Membership)
    throw decodeError('a block flagged as membership holds something else')
  return decodeMembers(bytes.subarray(payload))
}

/** Walks a block without an object per entry: what apply uses. */
export class EntryCursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #lastIndex: LogIndex
  #offset = BLOCK_HEADER_BYTES
  #start = 0
  index: LogIndex
  kind = 0

  constructor(block: EntryBlock) {
    this.#bytes = block.bytes
    this.#view = viewOf(block.bytes)
    this.#lastIndex = block.lastIndex
    this.index = block.firstIndex - 1
  }

  /** Moves to the next entry; false at the end. */
  next(): boolean {
    if (this.index >= this.#lastIndex) return false
    this.kind = this.#view.getUint8(this.#offset)
    this.#start = this.#offset + ENTRY_HEADER_BYTES
    this.#offset = this.#start + this.#view.getUint32(this.#offset + 1, true)
    this.index++
    return true
  }

  get payload(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#offset)
  }
}

/** Bytes that `payloadBytes` in `count` entries take as one block. */
export function blockBytes(count: number, payloadBytes: number): number {
  return BLOCK_HEADER_BYTES + count * ENTRY_HEADER_BYTES + payloadBytes
}

export function encodeBlock(header: BlockHeader, entries: readonly Entry[]): EntryBlock {
  let payloadBytes = 0
  for (const entry of entries) payloadBytes += entry.payload.length
  const bytes = new Uint8Array(blockBytes(entries.length, payloadBytes))
  const view = viewOf(bytes)
  view.setUint8(0, BLOCK_VERSION)
  view.setUint8(1, header.flags ?? 0)
  view.setUint32(4, bytes.length, true)
  view.setUint32(12, entries.length, true)
  putU53(view, 16, header.term)
  putU53(view, 24, header.timestamp)
  putU53(view, 32, header.sessionId ?? 0)
  putU53(view, 40, header.firstSequence ?? 0)
  putU53(view, 48, header.acknowledgedBelow ?? 0)
  putU53(view, 56, header.firstIndex)
  let offset = BLOCK_HEADER_BYTES
  for (const entry of entries) {
    bytes[offset] = entry.kind
    view.setUint32(offset + 1, entry.payload.length, true)
    bytes.set(entry.payload, offset + ENTRY_HEADER_BYTES)
    offset += ENTRY_HEADER_BYTES + entry.payload.length
  }
  view.setUint32(CRC_OFFSET, checksum(bytes), true)
  return new EntryBlock(bytes)
}

/** Covers the bytes on both sides of itself: a flipped flag would turn commands into a membership. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(CHECKED_FROM), crc32(bytes.subarray(0, CRC_OFFSET)))
}

/**
 * Checks everything a block says about itself before anybody relies on it.
 * @throws RaftError ERR_DECODE
 */
export function decodeBlock(bytes: Uint8Array): EntryBlock {
  if (bytes.length < BLOCK_HEADER_BYTES) throw decodeError('block shorter than its header')
  if (bytes.length > BLOCK_BYTES_MAX) throw decodeError(`block of ${bytes.length} bytes`)
  const view = viewOf(bytes)
  if (view.getUint8(0) !== BLOCK_VERSION) throw decodeError(`block version ${view.getUint8(0)}`)
  if (view.getUint32(4, true) !== bytes.length) throw decodeError('block length is not what it says')
  if (view.getUint32(CRC_OFFSET, true) !== checksum(bytes)) throw decodeError('block checksum')
  const count = view.getUint32(12, true)
  if (count === 0 || count > BLOCK_ENTRIES_MAX) throw decodeError(`block of ${count} entries`)
  const isMembership = (view.getUint8(1) & FLAG_MEMBERSHIP) !== 0
  let offset = BLOCK_HEADER_BYTES
  for (let i = 0; i < count; i++) {
    // Without the flag nobody would notice that the members change here.
    if (bytes[offset] === EntryKind.Membership && !isMembership)
      throw decodeError('a membership entry without its flag')
    if (offset + ENTRY_HEADER_BYTES > bytes.length) throw decodeError('entry header beyond the block')
    offset += ENTRY_HEADER_BYTES + view.getUint32(offset + 1, true)
    if (offset > bytes.length) throw decodeError('entry beyond the block')
  }
  if (offset !== bytes.length) throw decodeError('bytes after the last entry')
  const block = new EntryBlock(bytes)
  if (block.firstIndex < 1 || block.term < 1) throw decodeError('index and term begin at 1')
  if (!Number.isSafeInteger(block.lastIndex)) throw decodeError('index above 2^53 - 1')
  if (!Number.isSafeInteger(block.firstSequence + (count - 1))) throw decodeError('sequence above 2^53 - 1')
  return block
}

/** A block of `block`'s entries first..last only: the one slow path, after a truncation inside a block. */
export function reframe(block: EntryBlock, first: LogIndex, last: LogIndex): EntryBlock {
  if (first === block.firstIndex && last === block.lastIndex) return block
  const skipped = first - block.firstIndex
  const { term, timestamp, flags, sessionId, acknowledgedBelow } = block
  const firstSequence = sessionId === 0 ? 0 : block.firstSequence + skipped
  const header = { firstIndex: first, term, timestamp, flags, sessionId, firstSequence, acknowledgedBelow }
  return encodeBlock(header, [...block.entries(first, last)])
}
