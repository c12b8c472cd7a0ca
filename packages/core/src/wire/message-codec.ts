// One encoder and one decoder per message type. Unknown trailing bytes of a message are ignored (rolling upgrade).
import { type ByteReader, type ByteWriter, decodeError } from './bytes.js'
import { decodeBlock, type EntryBlock, EntryKind } from './entry-block.js'
import { decodeInstallSnapshot, encodeInstallSnapshot } from './install-snapshot-codec.js'
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, MESSAGE_BLOCKS_MAX } from './limits.js'
import type { AppendEntriesWithBlocks, Forward, PeerMessage } from './messages.js'
import { decodeOpening } from './open-session.js'

/** Type bytes on the wire. Numbers are never reused. */
const TYPE = {
  RequestVote: 1,
  RequestVoteReply: 2,
  AppendEntries: 3,
  AppendEntriesReply: 4,
  ReadIndexRequest: 5,
  ReadIndexReply: 6,
  Forward: 7,
  ForwardReply: 8,
  PreVote: 9,
  PreVoteReply: 10,
  TimeoutNow: 11,
  InstallSnapshot: 12,
  InstallSnapshotReply: 13,
} as const satisfies Record<PeerMessage['type'], number>

export function typeByte(message: PeerMessage): number {
  return TYPE[message.type]
}

/** Everything of `message` but its payloads, which follow on the wire. */
export function encodeBody(writer: ByteWriter, message: PeerMessage): void {
  writer.u53(message.term)
  switch (message.type) {
    case 'RequestVote':
      writer
        .u53(message.lastLogIndex)
        .u53(message.lastLogTerm)
        .u8(message.transfer ? 1 : 0)
      return
    case 'PreVote':
      writer.u53(message.lastLogIndex).u53(message.lastLogTerm)
      return
    case 'PreVoteReply':
      writer.u53(message.askedTerm).u8(message.voteGranted ? 1 : 0)
      return
    case 'TimeoutNow':
      return
    case 'RequestVoteReply':
      writer.u8(message.voteGranted ? 1 : 0)
      return
    case 'AppendEntries':
      writer.u53(message.prevLogIndex).u53(message.prevLogTerm).u53(message.leaderCommit).u53(message.round)
      writer.u32(message.entries.length)
      for (const block of message.entries) writer.u32(block.byteLength)
      return
    case 'AppendEntriesReply':
      writer
        .u8(message.success ? 1 : 0)
        .u53(message.matchIndex)
        .u53(message.rejectedIndex)
      writer.u53(message.hintIndex).u53(message.hintTerm).u53(message.round)
      return
    case 'InstallSnapshot':
      return encodeInstallSnapshot(writer, message)
    case 'InstallSnapshotReply':
      writer.u53(message.lastIncludedIndex).u53(message.matchIndex)
      writer.u53(message.nextOffset).u53(message.creditOffset)
      return
    case 'ReadIndexRequest':
      writer.u53(message.readId).u8(message.lease ? 1 : 0)
      return
    case 'ReadIndexReply':
      writer
        .u53(message.readId)
        .u8(message.confirmed ? 1 : 0)
        .u53(message.readIndex)
      return
    case 'Forward':
      writer.u53(message.processId).u53(message.sequence)
      writer.u8(message.kind).u53(message.sessionId).u53(message.firstSequence).u53(message.acknowledgedBelow)
      writer.u32(message.commands.length)
      for (const command of message.commands) writer.u32(command.length).raw(command)
      return
    case 'ForwardReply':
      writer
        .u53(message.sequence)
        .u8((message.accepted ? 1 : 0) | (message.overloaded ? 2 : 0))
        .u53(message.firstIndex)
      return
    default:
      message satisfies never
  }
}

/** @throws RaftError ERR_DECODE */
export function decodeBody(type: number, reader: ByteReader): PeerMessage {
  const term = reader.u53()
  switch (type) {
    case TYPE.RequestVote:
      return {
        type: 'RequestVote',
        term,
        lastLogIndex: reader.u53(),
        lastLogTerm: reader.u53(),
        transfer: reader.u8() === 1,
      }
    case TYPE.PreVote:
      return { type: 'PreVote', term, lastLogIndex: reader.u53(), lastLogTerm: reader.u53() }
    case TYPE.PreVoteReply:
      return { type: 'PreVoteReply', term, askedTerm: reader.u53(), voteGranted: reader.u8() === 1 }
    case TYPE.TimeoutNow:
      return { type: 'TimeoutNow', term }
    case TYPE.RequestVoteReply:
      return { type: 'RequestVoteReply', term, voteGranted: reader.u8() === 1 }
    case TYPE.AppendEntries:
      return decodeAppendEntries(term, reader)
    case TYPE.AppendEntriesReply:
      return {
        type: 'AppendEntriesReply',
        term,
        success: reader.u8() === 1,
        matchIndex: reader.u53(),
        rejectedIndex: reader.u53(),
        hintIndex: reader.u53(),
        hintTerm: reader.u53(),
        round: reader.u53(),
      }
    case TYPE.InstallSnapshot:
      return decodeInstallSnapshot(term, reader)
    case TYPE.InstallSnapshotReply:
      return {
        type: 'InstallSnapshotReply',
        term,
        lastIncludedIndex: reader.u53(),
        matchIndex: reader.u53(),
        nextOffset: reader.u53(),
        creditOffset: reader.u53(),
      }
    case TYPE.ReadIndexRequest:
      return { type: 'ReadIndexRequest', term, readId: reader.u53(), lease: reader.u8() === 1 }
    case TYPE.ReadIndexReply:
      return {
        type: 'ReadIndexReply',
        term,
        readId: reader.u53(),
        confirmed: reader.u8() === 1,
        readIndex: reader.u53(),
      }
    case TYPE.Forward:
      return decodeForward(term, reader)
    case TYPE.ForwardReply: {
      const sequence = reader.u53()
      const flags = reader.u8()
      const firstIndex = reader.u53()
      return {
        type: 'ForwardReply',
        term,
        sequence,
        accepted: (flags & 1) !== 0,
        overloaded: (flags & 2) !== 0,
        firstIndex,
      }
    }
    default:
      throw decodeError(`message type ${type}`)
  }
}

function decodeForward(term: number, reader: ByteReader): Forward {
  const processId = reader.u53()
  const sequence = reader.u53()
  const kind = reader.u8()
  const sessionId = reader.u53()
  const firstSequence = reader.u53()
  const acknowledgedBelow = reader.u53()
  const commands = decodeCommands(reader)
  const forward = { type: 'Forward', term, processId, sequence, sessionId, firstSequence } as const
  if (kind === EntryKind.OpenSession) {
    if (sessionId !== 0 || firstSequence !== 0 || acknowledgedBelow !== 0)
      throw decodeError('the opening of a session within a session')
    for (const opening of commands) decodeOpening(opening)
  } else if (kind === EntryKind.Command) {
    if (sessionId < 1 || firstSequence < 1) throw decodeError('session and sequence begin at 1')
    if (acknowledgedBelow > firstSequence)
      throw decodeError(`sequence ${firstSequence} is below ${acknowledgedBelow}, which is acknowledged`)
    if (!Number.isSafeInteger(firstSequence + (commands.length - 1)))
      throw decodeError('sequence above 2^53 - 1')
  } else {
    throw decodeError(`forwarded entries of kind ${kind}`)
  }
  return { ...forward, kind, acknowledgedBelow, commands }
}

function decodeCommands(reader: ByteReader): Uint8Array[] {
  const count = reader.u32()
  if (count === 0 || count > BLOCK_ENTRIES_MAX) throw decodeError(`${count} forwarded commands`)
  const commands: Uint8Array[] = []
  for (let i = 0; i < count; i++) commands.push(reader.raw(reader.u32()))
  return commands
}

function decodeAppendEntries(term: number, reader: ByteReader): AppendEntriesWithBlocks {
  const prevLogIndex = reader.u53()
  const prevLogTerm = reader.u53()
  const leaderCommit = reader.u53()
  const round = reader.u53()
  const count = reader.u32()
  if (count > MESSAGE_BLOCKS_MAX) throw decodeError(`${count} blocks in a message`)
  const lengths: number[] = []
  for (let i = 0; i < count; i++) {
    const length = reader.u32()
    if (length > BLOCK_BYTES_MAX) throw decodeError(`block of ${length} bytes`)
    lengths.push(length)
  }
  const entries: EntryBlock[] = []
  let index = prevLogIndex
  let lastTerm = prevLogTerm
  for (const length of lengths) {
    const block = decodeBlock(reader.raw(length))
    if (block.firstIndex !== index + 1)
      throw decodeError(`block begins at ${block.firstIndex}, not at ${index + 1}`)
    if (block.term < lastTerm || block.term > term)
      throw decodeError(`block of term ${block.term} after ${lastTerm}`)
    index = block.lastIndex
    lastTerm = block.term
    entries.push(block)
  }
  return { type: 'AppendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit, round }
}
