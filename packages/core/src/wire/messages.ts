// What travels between nodes: the consensus messages, AppendEntries with its blocks, and forwarded proposals.
import type { AppendEntries, InstallSnapshot, Message } from '../consensus/messages.js'
import type { LogIndex, Term } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import type { EntryBlock, EntryKind } from './entry-block.js'

/** AppendEntries as it travels: each run is the block that holds its bytes. */
export interface AppendEntriesWithBlocks extends AppendEntries {
  readonly entries: readonly EntryBlock[]
}

/** InstallSnapshot as it travels: with what the receiver stores, and a part of the content. */
export interface InstallSnapshotChunk extends InstallSnapshot {
  /** The members as of lastIncludedIndex. */
  readonly members: readonly Member[]
  /** Timestamp of the entry at lastIncludedIndex. */
  readonly timestamp: number
  /** CRC-32 of the whole content. With index, term, length and sender it tells one snapshot from another. */
  readonly contentChecksum: number
  /** The bytes of the content from `offset` on; none: only asks how far the receiver is. */
  readonly data: Uint8Array
}

/** What becomes one block: commands of one session with contiguous sequences, or openings of sessions. */
export interface ProposedEntries {
  readonly kind: EntryKind
  /** The session the commands belong to; 0 for openings. */
  readonly sessionId: number
  /** The sequence of the first command, the others follow it one by one; 0 for openings. */
  readonly firstSequence: number
  /** The client needs no result below it: at most firstSequence. */
  readonly acknowledgedBelow: number
  readonly commands: readonly Uint8Array[]
}

/** A follower passes its clients' commands to the leader. Answered once by ForwardReply, or never. */
export interface Forward extends ProposedEntries {
  readonly type: 'Forward'
  /** The term whose leader is meant: another term's leader refuses, so that an old copy can do no harm. */
  readonly term: Term
  /** Random per process of the sender; with `sequence` it tells a repeated frame from a new request. */
  readonly processId: number
  /** processId + 1, + 2, + 3, ...: an answer to an earlier process matches none of them. */
  readonly sequence: number
}

export interface ForwardReply {
  readonly type: 'ForwardReply'
  readonly term: Term
  readonly sequence: number
  /** True: the commands stand at firstIndex, firstIndex + 1, ... of `term`. False: certainly never appended. */
  readonly accepted: boolean
  /** True: refused because the leader's queue is full, not because it does not lead. */
  readonly overloaded: boolean
  readonly firstIndex: LogIndex
}

export type PeerMessage =
  | Exclude<Message, AppendEntries | InstallSnapshot>
  | AppendEntriesWithBlocks
  | InstallSnapshotChunk
  | Forward
  | ForwardReply

/** The bytes that follow a message's fields, as they are: they are shared, not copied, when they are many. */
export function payloadsOf(message: PeerMessage): readonly Uint8Array[] {
  if (message.type === 'AppendEntries') return message.entries.map(({ bytes }) => bytes)
  return message.type === 'InstallSnapshot' ? [message.data] : []
}

/** True for a part of a snapshot: there is time for it when nothing else is to be sent. */
export function isBulk(message: PeerMessage): boolean {
  return message.type === 'InstallSnapshot' && message.data.length > 0
}

/** True for what a newer one of its kind makes worthless: AppendEntries without entries. */
export function isHeartbeat(message: PeerMessage): boolean {
  return message.type === 'AppendEntries' && message.entries.length === 0
}
