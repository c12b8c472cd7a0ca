// The hello: the first frame each way on a connection. It decides whether two servers belong together.
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import { ByteReader, ByteWriter, decodeError } from './bytes.js'
import { ADDRESS_BYTES_MAX, HELLO_BYTES_MAX, ID_BYTES_MAX } from './limits.js'

/** "RVRF", read as a little-endian u32. */
export const HELLO_MAGIC = 0x46525652
/** The protocol versions this build speaks. */
export const PROTOCOL_MIN = 1
export const PROTOCOL_MAX = 1

/** A storage's random birth mark: 16 hexadecimal digits. A wiped storage gets a new one. */
export type Incarnation = string

export const INCARNATION_PATTERN: RegExp = /^[0-9a-f]{16}$/

/** How late a configuration is: the term of the last entry of the log that has it, and the index of its own entry. */
export interface ConfigurationRank {
  readonly lastTerm: Term
  readonly index: LogIndex
}

export interface Hello {
  readonly protocolMin: number
  readonly protocolMax: number
  readonly clusterId: string
  /** Raised by disaster recovery, so that the old members cannot form a second quorum. 0 until then. */
  readonly generation: number
  readonly from: NodeId
  /** Who the sender believes to speak to. */
  readonly to: NodeId
  readonly incarnation: Incarnation
  /** CRC-32 over the initial members, so that two nodes started with different lists notice. */
  readonly membersHash: number
  /** CRC-32 over the times that leases rest on, 0 with leases off: members that differ could both be right at once. */
  readonly leaseHash: number
  /**
   * Where `from` is by the configuration of `memberAt`, or else where it listens: for whoever does not know it, or knows where it
   * was. Absent: not known.
   */
  readonly address?: string
  /**
   * How late the configuration in force at the sender is, its index above 0, if that names it with this very incarnation, or as a
   * learner with none, or not at all. Absent: it names another storage, or there is none, so that this one may be wiped.
   */
  readonly memberAt?: ConfigurationRank
}

export const HELLO_REFUSALS = [
  'wrong-cluster',
  /** The hello is of a later generation: whoever refuses it has been left behind by a recovery. */
  'wrong-generation',
  /** The hello is of an earlier generation: the cluster was recovered without whoever says it. */
  'earlier-generation',
  'wrong-target',
  'wrong-sender',
  'wrong-version',
  'wrong-members',
  'wrong-lease',
  'unknown-member',
  /** Another storage than the one that is known under this id, which is so lost. */
  'incarnation-changed',
  /** The same, by one that hears no leader: it may be behind, or removed itself. */
  'incarnation-doubted',
] as const
export type HelloRefusal = (typeof HELLO_REFUSALS)[number]

/** The answer to a hello: the answering server's own hello, or why not. */
export type HelloReply = { readonly hello: Hello } | { readonly refusal: HelloRefusal }

const KIND_HELLO = 1
const KIND_REFUSAL = 2

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new ByteWriter().u32(HELLO_MAGIC).u8(KIND_HELLO).u8(hello.protocolMin).u8(hello.protocolMax)
  writer.text(hello.clusterId).u53(hello.generation).text(hello.from).text(hello.to)
  writer
    .text(hello.incarnation)
    .u32(hello.membersHash)
    .u32(hello.leaseHash)
    .text(hello.address ?? '')
    .u53(hello.memberAt?.index ?? 0)
    .u53(hello.memberAt?.lastTerm ?? 0)
  return writer.bytes().slice()
}

export function encodeHelloRefusal(refusal: HelloRefusal): Uint8Array {
  return new ByteWriter().u32(HELLO_MAGIC).u8(KIND_REFUSAL).text(refusal).bytes().slice()
}

/** @throws RaftError ERR_DECODE. Unknown trailing fields are ignored (rolling upgrade). */
export function decodeHello(bytes: Uint8Array): HelloReply {
  if (bytes.length > HELLO_BYTES_MAX) throw decodeError(`hello of ${bytes.length} bytes`)
  const reader = new ByteReader(bytes)
  if (reader.u32() !== HELLO_MAGIC) throw decodeError('not a River Raft peer: wrong magic')
  const kind = reader.u8()
  if (kind === KIND_REFUSAL) {
    const reason = reader.text(ID_BYTES_MAX)
    const refusal = HELLO_REFUSALS.find((known) => known === reason)
    if (refusal === undefined) throw decodeError('unknown refusal')
    return { refusal }
  }
  if (kind !== KIND_HELLO) throw decodeError(`hello kind ${kind}`)
  const hello: Hello = {
    protocolMin: reader.u8(),
    protocolMax: reader.u8(),
    clusterId: reader.text(ID_BYTES_MAX),
    generation: reader.u53(),
    from: reader.text(ID_BYTES_MAX),
    to: reader.text(ID_BYTES_MAX),
    incarnation: reader.text(ID_BYTES_MAX),
    membersHash: reader.u32(),
    leaseHash: reader.u32(),
  }
  if (!INCARNATION_PATTERN.test(hello.incarnation))
    throw decodeError('incarnation is not 16 hexadecimal digits')
  const address = reader.text(ADDRESS_BYTES_MAX)
  const memberAt: ConfigurationRank = { index: reader.u53(), lastTerm: reader.u53() }
  return {
    hello: {
      ...hello,
      ...(address === '' ? {} : { address }),
      ...(memberAt.index === 0 ? {} : { memberAt }),
    },
  }
}
