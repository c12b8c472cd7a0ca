// Random things to put on the wire, as far as a peer could have made them.
import fc from 'fast-check'
import type { Member } from '../../src/ports/transport.js'
import { type EntryBlock, EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import type { Frame } from '../../src/wire/frame.js'
import type { Hello } from '../../src/wire/hello.js'
import type { AppendEntriesWithBlocks, InstallSnapshotChunk, PeerMessage } from '../../src/wire/messages.js'
import { encodeOpening, type Opening, SESSION_TTL_MS_MAX } from '../../src/wire/open-session.js'
import { INCARNATION } from './samples.js'

/** Members of any configuration that a leader could write. */
export const memberLists: fc.Arbitrary<Member[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 40 }),
      address: fc.string({ maxLength: 60 }),
      role: fc.constantFrom('voter' as const, 'learner' as const, 'leaving' as const),
      wasVoter: fc.boolean(),
      incarnation: fc.constantFrom(undefined, INCARNATION, 'fedcba9876543210'),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 9 },
  )
  .map((parts) =>
    parts.map(({ wasVoter, incarnation, ...member }, i) => ({
      ...member,
      role: i === 0 ? ('voter' as const) : member.role,
      ...(wasVoter || member.role === 'leaving' ? { outgoing: true as const } : {}),
      ...(incarnation === undefined ? {} : { incarnation }),
    })),
  )

const u53 = fc.oneof(fc.nat(1000), fc.maxSafeNat())
const payload = fc.uint8Array({ maxLength: 300 })

// A membership entry stands alone, in a block with its flag.
const entry = fc.record({ kind: fc.nat(255).filter((kind) => kind !== EntryKind.Membership), payload })

const blockParts = fc.record({
  entries: fc.array(entry, { minLength: 1, maxLength: 8 }),
  header: fc.record({
    timestamp: u53,
    flags: fc.nat(255).map((flags) => flags & ~FLAG_MEMBERSHIP),
    sessionId: u53,
    firstSequence: fc.nat(2 ** 31 - 1),
    acknowledgedBelow: u53,
  }),
})

export const blocks: fc.Arbitrary<EntryBlock> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), blockParts)
  .map(([firstIndex, term, { header, entries }]) => encodeBlock({ firstIndex, term, ...header }, entries))

const appendEntries: fc.Arbitrary<AppendEntriesWithBlocks> = fc
  .record({
    prevLogIndex: fc.nat(2 ** 31 - 1),
    prevLogTerm: fc.nat(1000),
    leaderCommit: u53,
    round: u53,
    parts: fc.array(fc.tuple(fc.nat(3), blockParts), { maxLength: 4 }),
  })
  .map(({ parts, ...message }) => {
    let index = message.prevLogIndex + 1
    let term = Math.max(1, message.prevLogTerm)
    const entries = parts.map(([rise, { header, entries }]) => {
      term += rise
      const encoded = encodeBlock({ firstIndex: index, term, ...header }, entries)
      index = encoded.lastIndex + 1
      return encoded
    })
    return { type: 'AppendEntries', term: term + 1, ...message, entries }
  })

export function openings(): fc.Arbitrary<Opening> {
  return fc.record({
    ttlMs: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: SESSION_TTL_MS_MAX })),
    nonce: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((sixteen) => Buffer.from(sixteen).toString('hex')),
  })
}

const installSnapshot: fc.Arbitrary<InstallSnapshotChunk> = fc
  .record({
    term: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    lastIncludedIndex: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    back: fc.nat(1000),
    timestamp: u53,
    members: memberLists,
    contentChecksum: fc.nat(2 ** 32 - 1),
    offset: fc.nat(2 ** 40),
    rest: fc.nat(2 ** 40),
    data: fc.oneof(payload, fc.uint8Array({ minLength: 3_000, maxLength: 3_000 })),
  })
  .map(({ back, rest, ...chunk }) => ({
    type: 'InstallSnapshot' as const,
    ...chunk,
    lastIncludedTerm: Math.max(1, chunk.term - back),
    totalBytes: chunk.offset + chunk.data.length + rest,
  }))

const messages: fc.Arbitrary<PeerMessage> = fc.oneof(
  installSnapshot,
  fc.record({
    type: fc.constant('InstallSnapshotReply' as const),
    term: u53,
    lastIncludedIndex: u53,
    matchIndex: u53,
    nextOffset: u53,
    creditOffset: u53,
  }),
  fc.record({
    type: fc.constant('RequestVote' as const),
    term: u53,
    lastLogIndex: u53,
    lastLogTerm: u53,
    transfer: fc.boolean(),
  }),
  fc.record({ type: fc.constant('PreVote' as const), term: u53, lastLogIndex: u53, lastLogTerm: u53 }),
  fc.record({
    type: fc.constant('PreVoteReply' as const),
    term: u53,
    askedTerm: u53,
    voteGranted: fc.boolean(),
  }),
  fc.record({ type: fc.constant('TimeoutNow' as const), term: u53 }),
  fc.record({ type: fc.constant('RequestVoteReply' as const), term: u53, voteGranted: fc.boolean() }),
  appendEntries,
  fc.record({
    type: fc.constant('AppendEntriesReply' as const),
    term: u53,
    success: fc.boolean(),
    matchIndex: u53,
    rejectedIndex: u53,
    hintIndex: u53,
    hintTerm: u53,
    round: u53,
  }),
  fc.record({
    type: fc.constant('ReadIndexRequest' as const),
    term: u53,
    readId: u53,
    lease: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('ReadIndexReply' as const),
    term: u53,
    readId: u53,
    confirmed: fc.boolean(),
    readIndex: u53,
  }),
  fc
    .record({
      type: fc.constant('Forward' as const),
      term: u53,
      processId: u53,
      sequence: u53,
      kind: fc.constant(EntryKind.Command),
      sessionId: fc.oneof(
        fc.integer({ min: 1, max: 1000 }),
        fc.maxSafeNat().map((n) => Math.max(1, n)),
      ),
      // Five commands from the last one on reach 2^53 - 1.
      firstSequence: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constant(2 ** 53 - 5)),
      below: fc.nat(),
      commands: fc.array(payload, { minLength: 1, maxLength: 5 }),
    })
    .map(({ below, ...forward }) => ({
      ...forward,
      acknowledgedBelow: below % (forward.firstSequence + 1),
    })),
  fc.record({
    type: fc.constant('Forward' as const),
    term: u53,
    processId: u53,
    sequence: u53,
    kind: fc.constant(EntryKind.OpenSession),
    sessionId: fc.constant(0),
    firstSequence: fc.constant(0),
    acknowledgedBelow: fc.constant(0),
    commands: fc.array(
      openings().map((opening) => encodeOpening(opening)),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('ForwardReply' as const),
    term: u53,
    sequence: u53,
    accepted: fc.boolean(),
    overloaded: fc.boolean(),
    firstIndex: u53,
  }),
)

export const frames: fc.Arbitrary<Frame> = fc.record({
  group: fc.nat(2 ** 31 - 1),
  incarnation: fc
    .uint8Array({ minLength: 8, maxLength: 8 })
    .map((eight) => Buffer.from(eight).toString('hex')),
  messages: fc.array(messages, { maxLength: 6 }),
})

const id = fc.string({ unit: 'grapheme', maxLength: 20 })

const saidAlways = fc.record({
  protocolMin: fc.nat(255),
  protocolMax: fc.nat(255),
  clusterId: id,
  generation: u53,
  from: id,
  to: id,
  incarnation: fc
    .uint8Array({ minLength: 8, maxLength: 8 })
    .map((eight) => Buffer.from(eight).toString('hex')),
  membersHash: fc.nat(0xffffffff),
  leaseHash: fc.nat(0xffffffff),
})

export const hellos: fc.Arbitrary<Hello> = fc
  .tuple(
    saidAlways,
    fc.record(
      {
        address: fc.string({ minLength: 1, maxLength: 60 }),
        memberAt: fc.record({ lastTerm: u53, index: u53.filter((index) => index > 0) }),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([always, sometimes]) => ({ ...always, ...sometimes }))
