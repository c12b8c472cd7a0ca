// One of each message of a join dialogue, and of what is asked and answered in it.
import type { JoinMessage } from '../../src/wire/join.js'
import type { JoinReply, JoinRequest } from '../../src/wire/join-content.js'
import { bytes, INCARNATION, MEMBERS } from './samples.js'

const thirtyTwo = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => first + i)

export const JOIN_MESSAGES = {
  ask: {
    type: 'ask',
    protocolMin: 1,
    protocolMax: 2,
    clusterId: 'orders',
    from: 'ünïcode',
    nonce: thirtyTwo(1),
  },
  challenge: { type: 'challenge', member: 'a', nonce: thirtyTwo(64) },
  proof: { type: 'proof', mac: thirtyTwo(128), content: bytes('a request') },
  answer: { type: 'answer', mac: thirtyTwo(192), content: bytes('a reply') },
  refusal: { type: 'refusal', refusal: 'wrong-secret' },
} satisfies Record<string, JoinMessage>

export const JOIN_REQUESTS = {
  facts: { type: 'facts' },
  enter: {
    type: 'enter',
    incarnation: INCARNATION,
    address: '10.0.0.4:7001',
    role: 'learner',
    leaseHash: 0xfeedbeef,
  },
  withdraw: { type: 'withdraw', incarnation: INCARNATION },
} satisfies Record<string, JoinRequest>

export const JOIN_REPLIES = {
  facts: {
    type: 'facts',
    generation: 2 ** 40 + 1,
    initial: MEMBERS.filter(({ role }) => role === 'voter'),
    members: MEMBERS,
    leader: { id: 'a', address: '10.0.0.1:7001' },
  },
  'facts-without-leader': {
    type: 'facts',
    generation: 0,
    initial: [{ id: 'a', address: '', role: 'voter' }],
    members: [{ id: 'a', address: '', role: 'voter' }],
    leader: undefined,
  },
  entered: { type: 'entered', role: 'voter', index: 2 ** 40 + 5 },
  elsewhere: { type: 'elsewhere', leader: { id: 'b', address: '10.0.0.2:7001' } },
  later: { type: 'later', why: 'no leader is known' },
  refused: { type: 'refused', refusal: 'id-taken', why: 'd is a member with another storage' },
} satisfies Record<string, JoinReply>
