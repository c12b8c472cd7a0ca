// Fixed things to put on the wire: one of each.
import type { Member } from '../../src/ports/transport.js'
import { type EntryBlock, EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import type { EncodedFrame, Frame } from '../../src/wire/frame.js'
import type { Hello } from '../../src/wire/hello.js'
import { encodeMembers } from '../../src/wire/membership-entry.js'
import type { PeerMessage } from '../../src/wire/messages.js'
import { encodeOpening } from '../../src/wire/open-session.js'

export const INCARNATION = '0123456789abcdef'

export function joined({ pieces, byteLength }: EncodedFrame): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A block of commands given as texts. */
export function block(firstIndex: number, term: number, ...commands: string[]): EntryBlock {
  const entries = commands.map((command) => ({ kind: 1, payload: bytes(command) }))
  return encodeBlock({ firstIndex, term, timestamp: 1_700_000_000_000 }, entries)
}

/** A joint configuration: B is replaced by C, D becomes a learner. */
export const MEMBERS: readonly Member[] = [
  { id: 'a', address: '10.0.0.1:7001', role: 'voter', outgoing: true, incarnation: INCARNATION },
  { id: 'b', address: '10.0.0.2:7001', role: 'leaving', outgoing: true },
  { id: 'ünïcode', address: '10.0.0.3:7001', role: 'voter', incarnation: 'fedcba9876543210' },
  { id: 'd', address: '', role: 'learner', outgoing: true },
]

/** A block of one membership entry. */
export function membershipBlock(
  firstIndex: number,
  term: number,
  payload: Uint8Array = encodeMembers(MEMBERS),
): EntryBlock {
  const header = { firstIndex, term, timestamp: 1_700_000_000_000, flags: FLAG_MEMBERSHIP }
  return encodeBlock(header, [{ kind: EntryKind.Membership, payload }])
}

/** One of each message, with every field different and not zero. */
export const MESSAGES: Record<string, PeerMessage> = {
  'request-vote': {
    type: 'RequestVote',
    term: 7,
    lastLogIndex: 2 ** 40 + 5,
    lastLogTerm: 6,
    transfer: false,
  },
  'request-vote-reply': { type: 'RequestVoteReply', term: 7, voteGranted: true },
  heartbeat: {
    type: 'AppendEntries',
    term: 7,
    prevLogIndex: 9,
    prevLogTerm: 6,
    entries: [],
    leaderCommit: 8,
    round: 3,
  },
  'append-entries': {
    type: 'AppendEntries',
    term: 7,
    prevLogIndex: 9,
    prevLogTerm: 5,
    entries: [block(10, 6, 'x=1', 'y=2'), block(12, 7, 'z=3')],
    leaderCommit: 8,
    round: 3,
  },
  'append-entries-reply': {
    type: 'AppendEntriesReply',
    term: 7,
    success: true,
    matchIndex: 12,
    rejectedIndex: 11,
    hintIndex: 10,
    hintTerm: 6,
    round: 3,
  },
  'pre-vote': { type: 'PreVote', term: 7, lastLogIndex: 2 ** 40 + 5, lastLogTerm: 6 },
  'pre-vote-reply': { type: 'PreVoteReply', term: 8, askedTerm: 7, voteGranted: false },
  'timeout-now': { type: 'TimeoutNow', term: 7 },
  'read-index-request': { type: 'ReadIndexRequest', term: 7, readId: 2 ** 53 - 1, lease: false },
  'read-index-reply': { type: 'ReadIndexReply', term: 7, readId: 21, confirmed: true, readIndex: 12 },
  forward: {
    type: 'Forward',
    term: 7,
    processId: 2 ** 47 + 1,
    sequence: 4,
    kind: EntryKind.Command,
    sessionId: 2 ** 33 + 9,
    firstSequence: 11,
    acknowledgedBelow: 10,
    commands: [bytes('x=1'), bytes('')],
  },
  'forward-opening': {
    type: 'Forward',
    term: 7,
    processId: 2 ** 47 + 1,
    sequence: 5,
    kind: EntryKind.OpenSession,
    sessionId: 0,
    firstSequence: 0,
    acknowledgedBelow: 0,
    commands: [encodeOpening({ ttlMs: 3_600_000, nonce: '00112233445566778899aabbccddeeff' })],
  },
  'install-snapshot': {
    type: 'InstallSnapshot',
    term: 7,
    lastIncludedIndex: 2 ** 40 + 6,
    lastIncludedTerm: 6,
    timestamp: 1_700_000_000_001,
    members: [
      { id: 'a', address: '127.0.0.1:7001', role: 'voter' },
      { id: 'ünïcode', address: '', role: 'voter' },
    ],
    totalBytes: 2 ** 33,
    contentChecksum: 0xdeadbeef,
    offset: 2 ** 32 + 3,
    data: bytes('a part of the state'),
  },
  'install-snapshot-joint': {
    type: 'InstallSnapshot',
    term: 7,
    lastIncludedIndex: 12,
    lastIncludedTerm: 6,
    timestamp: 1_700_000_000_002,
    members: MEMBERS,
    totalBytes: 8,
    contentChecksum: 1,
    offset: 0,
    data: bytes('a part'),
  },
  'install-snapshot-question': {
    type: 'InstallSnapshot',
    term: 7,
    lastIncludedIndex: 9,
    lastIncludedTerm: 6,
    timestamp: 1,
    members: [{ id: 'a', address: '', role: 'voter' }],
    totalBytes: 8,
    contentChecksum: 1,
    offset: 8,
    data: bytes(''),
  },
  'install-snapshot-reply': {
    type: 'InstallSnapshotReply',
    term: 7,
    lastIncludedIndex: 9,
    matchIndex: 8,
    nextOffset: 2 ** 33 + 1,
    creditOffset: 2 ** 33 + 5,
  },
  'forward-reply': {
    type: 'ForwardReply',
    term: 7,
    sequence: 4,
    accepted: true,
    overloaded: false,
    firstIndex: 13,
  },
}

export const message = (name: string): PeerMessage => MESSAGES[name]!

export const HELLO: Hello = {
  protocolMin: 1,
  protocolMax: 2,
  clusterId: 'orders',
  generation: 1,
  from: 'a',
  to: 'ünïcode',
  incarnation: INCARNATION,
  membersHash: 0xdeadbeef,
  leaseHash: 0xfeedbeef,
  address: '10.0.0.1:7001',
}

export const frameOf = (...messages: PeerMessage[]): Frame => ({
  group: 0,
  incarnation: INCARNATION,
  messages,
})
