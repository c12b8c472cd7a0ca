// What is asked and answered in a join dialogue, inside its proofs. All of it is under a MAC: nothing here is trusted before.
//
//   request  u8 kind: 1 facts; 2 enter: text incarnation, text address, u8 role, u32 lease hash; 3 withdraw: text incarnation
//   reply    u8 kind: 1 facts: u53 generation, members (initial), members (now), text leader id, text its address
//                     2 entered: u8 role, u53 index      3 elsewhere: text leader id, text its address
//                     4 later: text why                  5 refused: text refusal, text why
import type { LogIndex, NodeId } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import { ByteReader, ByteWriter, decodeError } from './bytes.js'
import { INCARNATION_PATTERN, type Incarnation } from './hello.js'
import { type JoinRefusal, readJoinRefusal } from './join.js'
import { ADDRESS_BYTES_MAX, ID_BYTES_MAX } from './limits.js'
import { readMembers, writeMembers } from './membership-entry.js'

export type JoinRole = 'voter' | 'learner'

export type JoinRequest =
  /** What a node must know before it formats its storage. */
  | { readonly type: 'facts' }
  /** Let me in as a learner; or, once I am one, make me a voter when I have caught up. */
  | {
      readonly type: 'enter'
      readonly incarnation: Incarnation
      readonly address: string
      readonly role: JoinRole
      readonly leaseHash: number
    }
  /** I have given up: a learner that I may be by now is of no use. */
  | { readonly type: 'withdraw'; readonly incarnation: Incarnation }

/** Where the leader is. */
export interface LeaderPlace {
  readonly id: NodeId
  readonly address: string
}

export interface JoinFacts {
  readonly generation: number
  /** Those the cluster began with: their hash is in every hello. */
  readonly initial: readonly Member[]
  readonly members: readonly Member[]
  readonly leader: LeaderPlace | undefined
}

export type JoinReply =
  | ({ readonly type: 'facts' } & JoinFacts)
  /** It is a member in this role, as of the configuration at `index`, and that is committed. */
  | { readonly type: 'entered'; readonly role: JoinRole; readonly index: LogIndex }
  | { readonly type: 'elsewhere'; readonly leader: LeaderPlace }
  /** Not now: no leader is known, another change is under way. Ask again. */
  | { readonly type: 'later'; readonly why: string }
  | { readonly type: 'refused'; readonly refusal: JoinRefusal; readonly why: string }

const ROLES: readonly (JoinRole | undefined)[] = [undefined, 'voter', 'learner']
const WHY_BYTES_MAX = 1_024

export function encodeJoinRequest(request: JoinRequest): Uint8Array {
  const writer = new ByteWriter()
  if (request.type === 'facts') writer.u8(1)
  else if (request.type === 'withdraw') writer.u8(3).text(request.incarnation)
  else {
    const { incarnation, address, role, leaseHash } = request
    writer.u8(2).text(incarnation).text(address).u8(ROLES.indexOf(role)).u32(leaseHash)
  }
  return writer.bytes().slice()
}

/** @throws RaftError ERR_DECODE */
export function decodeJoinRequest(bytes: Uint8Array): JoinRequest {
  const reader = new ByteReader(bytes)
  const kind = reader.u8()
  if (kind === 1) return { type: 'facts' }
  if (kind !== 2 && kind !== 3) throw decodeError(`join request of kind ${kind}`)
  const incarnation = reader.text(ID_BYTES_MAX)
  if (!INCARNATION_PATTERN.test(incarnation)) throw decodeError('incarnation is not 16 hexadecimal digits')
  if (kind === 3) return { type: 'withdraw', incarnation }
  const address = reader.text(ADDRESS_BYTES_MAX)
  return { type: 'enter', incarnation, address, role: readRole(reader), leaseHash: reader.u32() }
}

export function encodeJoinReply(reply: JoinReply): Uint8Array {
  const writer = new ByteWriter()
  switch (reply.type) {
    case 'facts':
      writer.u8(1).u53(reply.generation)
      writeMembers(writer, reply.initial)
      writeMembers(writer, reply.members)
      writeLeader(writer, reply.leader)
      break
    case 'entered':
      writer.u8(2).u8(ROLES.indexOf(reply.role)).u53(reply.index)
      break
    case 'elsewhere':
      writeLeader(writer.u8(3), reply.leader)
      break
    case 'later':
      writer.u8(4).text(cut(reply.why))
      break
    case 'refused':
      writer.u8(5).text(reply.refusal).text(cut(reply.why))
      break
    default:
      reply satisfies never
  }
  return writer.bytes().slice()
}

/** @throws RaftError ERR_DECODE */
export function decodeJoinReply(bytes: Uint8Array): JoinReply {
  const reader = new ByteReader(bytes)
  const kind = reader.u8()
  if (kind === 1) {
    const generation = reader.u53()
    const initial = readMembers(reader)
    const members = readMembers(reader)
    return { type: 'facts', generation, initial, members, leader: readLeader(reader) }
  }
  if (kind === 2) return { type: 'entered', role: readRole(reader), index: reader.u53() }
  if (kind === 3) {
    const leader = readLeader(reader)
    if (leader === undefined) throw decodeError('elsewhere, and nowhere')
    return { type: 'elsewhere', leader }
  }
  if (kind === 4) return { type: 'later', why: reader.text(WHY_BYTES_MAX) }
  if (kind !== 5) throw decodeError(`join reply of kind ${kind}`)
  return { type: 'refused', refusal: readJoinRefusal(reader), why: reader.text(WHY_BYTES_MAX) }
}

function readRole(reader: ByteReader): JoinRole {
  const role = ROLES[reader.u8()]
  if (role === undefined) throw decodeError('an unknown role')
  return role
}

function writeLeader(writer: ByteWriter, leader: LeaderPlace | undefined): void {
  writer.text(leader?.id ?? '').text(leader?.address ?? '')
}

function readLeader(reader: ByteReader): LeaderPlace | undefined {
  const [id, address] = [reader.text(ID_BYTES_MAX), reader.text(ADDRESS_BYTES_MAX)]
  return id === '' ? undefined : { id, address }
}

/** A character takes at most three bytes here: words for people may be shortened. */
function cut(why: string): string {
  return why.slice(0, WHY_BYTES_MAX / 4)
}
