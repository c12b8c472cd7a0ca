// The join dialogue: four messages on a connection of their own, before anybody is a member. Like a hello each begins with the
// magic and a kind; a hello's kinds are 1 and 2.
//
//   joiner -> member  ask        who asks, of which cluster, and a nonce
//   member -> joiner  challenge  who answers, and a nonce
//   joiner -> member  proof      a request, and a MAC over the dialogue and the request
//   member -> joiner  answer     a reply, and a MAC over the dialogue, the request and the reply; or, unproved, a refusal
import type { NodeId } from '../consensus/types.js'
import { ByteReader, ByteWriter, decodeError, plain, viewOf } from './bytes.js'
import { HELLO_MAGIC } from './hello.js'
import { ID_BYTES_MAX, JOIN_ANSWER_BYTES_MAX, JOIN_REQUEST_BYTES_MAX } from './limits.js'

export const NONCE_BYTES = 32
/** HMAC-SHA-256. */
export const MAC_BYTES = 32

export interface JoinAsk {
  readonly protocolMin: number
  readonly protocolMax: number
  readonly clusterId: string
  readonly from: NodeId
  readonly nonce: Uint8Array
}

export interface JoinChallenge {
  readonly member: NodeId
  readonly nonce: Uint8Array
}

/** `content` is an encoded request or reply: the bytes that the MAC was made over. */
export interface Proved {
  readonly mac: Uint8Array
  readonly content: Uint8Array
}

/** Why a node is not let in. The first of them are said to whoever asks, without any proof. */
export const JOIN_REFUSALS = [
  'wrong-version',
  'wrong-cluster',
  'wrong-sender',
  'wrong-secret',
  'no-secret',
  'busy',
  'too-many-attempts',
  'id-taken',
  'cluster-full',
  'wrong-lease',
  'invalid-address',
] as const
export type JoinRefusal = (typeof JOIN_REFUSALS)[number]

export type JoinMessage =
  | ({ readonly type: 'ask' } & JoinAsk)
  | ({ readonly type: 'challenge' } & JoinChallenge)
  | ({ readonly type: 'proof' } & Proved)
  | ({ readonly type: 'answer' } & Proved)
  | { readonly type: 'refusal'; readonly refusal: JoinRefusal }

const KINDS: Readonly<Record<JoinMessage['type'], number>> = {
  ask: 3,
  challenge: 4,
  proof: 5,
  answer: 6,
  refusal: 7,
}

export function encodeJoin(message: JoinMessage): Uint8Array {
  const writer = new ByteWriter().u32(HELLO_MAGIC).u8(KINDS[message.type])
  switch (message.type) {
    case 'ask':
      writer.u8(message.protocolMin).u8(message.protocolMax)
      writer.text(message.clusterId).text(message.from).raw(message.nonce)
      break
    case 'challenge':
      writer.text(message.member).raw(message.nonce)
      break
    case 'proof':
    case 'answer':
      writer.raw(message.mac).u32(message.content.length).raw(message.content)
      break
    case 'refusal':
      writer.text(message.refusal)
      break
    default:
      message satisfies never
  }
  return writer.bytes().slice()
}

/** True when the first frame of a connection begins a join dialogue and is no hello. */
export function isJoin(bytes: Uint8Array): boolean {
  return bytes.length > 4 && viewOf(bytes).getUint32(0, true) === HELLO_MAGIC && bytes[4] === KINDS.ask
}

/**
 * Views of `bytes`. Unknown trailing fields are ignored (rolling upgrade).
 * @throws RaftError ERR_DECODE, and nothing else, whatever the bytes
 */
export function decodeJoin(bytes: Uint8Array): JoinMessage {
  if (bytes.length > JOIN_ANSWER_BYTES_MAX) throw decodeError(`join message of ${bytes.length} bytes`)
  const reader = new ByteReader(plain(bytes))
  if (reader.u32() !== HELLO_MAGIC) throw decodeError('not a River Raft peer: wrong magic')
  const kind = reader.u8()
  if (kind !== KINDS.answer && bytes.length > JOIN_REQUEST_BYTES_MAX)
    throw decodeError(`join message of ${bytes.length} bytes`)
  switch (kind) {
    case KINDS.ask:
      return {
        type: 'ask',
        protocolMin: reader.u8(),
        protocolMax: reader.u8(),
        clusterId: named(reader),
        from: named(reader),
        nonce: reader.raw(NONCE_BYTES),
      }
    case KINDS.challenge:
      return { type: 'challenge', member: named(reader), nonce: reader.raw(NONCE_BYTES) }
    case KINDS.proof:
      return { type: 'proof', mac: reader.raw(MAC_BYTES), content: reader.raw(reader.u32()) }
    case KINDS.answer:
      return { type: 'answer', mac: reader.raw(MAC_BYTES), content: reader.raw(reader.u32()) }
    case KINDS.refusal:
      return { type: 'refusal', refusal: readJoinRefusal(reader) }
    default:
      throw decodeError(`join message of kind ${kind}`)
  }
}

function named(reader: ByteReader): string {
  const name = reader.text(ID_BYTES_MAX)
  if (name === '') throw decodeError('an empty name')
  return name
}

/** @throws RaftError ERR_DECODE */
export function readJoinRefusal(reader: ByteReader): JoinRefusal {
  const reason = reader.text(ID_BYTES_MAX)
  const refusal = JOIN_REFUSALS.find((known) => known === reason)
  if (refusal === undefined) throw decodeError('unknown refusal')
  return refusal
}
