// How a cluster is formed: one node creates it, the others ask in; when all seats are taken the creator sends everybody
// the same list of members. JSON lines over one libp2p stream. Raft begins after it, with that list.
import { multiaddr } from '@multiformats/multiaddr'
import { type Member, RaftError } from '@riverraft/core'

export const FORM_PROTOCOL = '/riverraft-demo/form/1'
/** A longer line is not ours: nine members with a few addresses each fit many times. */
export const LINE_LENGTH_MAX: number = 16_384
export const SIZE_MAX = 9
export const NAME_LENGTH_MAX = 64
export const ADDRESSES_MAX = 16
const TEXT_LENGTH_MAX = 512

/** Letters, digits, dot, dash, underscore: a name goes into a service tag and a cluster id. */
export const NAME_PATTERN: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** "Let me in." Who asks is not in it: libp2p has authenticated that. */
export interface Ask {
  readonly type: 'ask'
  readonly cluster: string
  /** Where the asker listens. */
  readonly addresses: readonly string[]
  /** The creator's address that worked for the asker. */
  readonly dialled: string
}

/** The seat is held as long as this stream lives. Repeated when somebody comes or goes, and as a sign of life. */
export interface Waiting {
  readonly type: 'waiting'
  readonly cluster: string
  readonly size: number
  /** PeerIds, the creator's first. */
  readonly present: readonly string[]
}

/** The same for all: this list never changes again. */
export interface Formed {
  readonly type: 'formed'
  readonly cluster: string
  /** The cluster's name and a random part: two clusters of one name never mix. */
  readonly clusterId: string
  readonly members: readonly Member[]
}

/** "I did not create this cluster; ask there." */
export interface Elsewhere {
  readonly type: 'elsewhere'
  readonly cluster: string
  readonly addresses: readonly string[]
}

export const REFUSAL_REASONS = ['wrong-cluster', 'full', 'unreachable'] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** "No", and why, in a sentence for the person at the other end. */
export interface Refused {
  readonly type: 'refused'
  readonly reason: RefusalReason
  readonly message: string
}

export const refused = (reason: RefusalReason, message: string): Refused => ({
  type: 'refused',
  reason,
  message,
})

export type FormAnswer = Waiting | Formed | Elsewhere | Refused
export type FormMessage = Ask | FormAnswer

/** What a line may hold, before it is believed. */
type Fields = {
  readonly [name in keyof Ask | keyof Waiting | keyof Formed | keyof Refused | keyof Member]?: unknown
}

export function encodeLine(message: FormMessage): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(message)}\n`)
}

/** @throws RaftError ERR_DECODE. Unknown fields are ignored. */
export function decodeLine(line: string): FormMessage {
  const fields = parseObject(line)
  switch (fields.type) {
    case 'ask':
      return {
        type: 'ask',
        cluster: text(fields.cluster),
        addresses: addresses(fields.addresses),
        dialled: address(fields.dialled),
      }
    case 'waiting':
      return {
        type: 'waiting',
        cluster: text(fields.cluster),
        size: size(fields.size),
        present: texts(fields.present),
      }
    case 'formed':
      return {
        type: 'formed',
        cluster: text(fields.cluster),
        clusterId: text(fields.clusterId),
        members: list(fields.members, SIZE_MAX).map(member),
      }
    case 'elsewhere':
      return {
        type: 'elsewhere',
        cluster: text(fields.cluster),
        addresses: addresses(fields.addresses),
      }
    case 'refused':
      return { type: 'refused', reason: reason(fields.reason), message: text(fields.message) }
    default:
      throw malformed('unknown message type')
  }
}

function parseObject(line: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw malformed('not JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw malformed('not an object')
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX)
    throw malformed('a text is missing or too long')
  // These texts are shown in terminals: no escape sequences from strangers.
  if (/\p{Cc}/u.test(value)) throw malformed('a text has control characters')
  return value
}

function list(value: unknown, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw malformed('a list is missing or too long')
  return value
}

function address(value: unknown): string {
  const address = text(value)
  try {
    multiaddr(address)
  } catch (cause) {
    throw malformed('not a multiaddr', cause)
  }
  return address
}

const addresses = (value: unknown): readonly string[] => list(value, ADDRESSES_MAX).map(address)
const texts = (value: unknown): readonly string[] => list(value, ADDRESSES_MAX).map(text)

function size(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > SIZE_MAX)
    throw malformed('size')
  return value as number
}

function reason(value: unknown): RefusalReason {
  const known = REFUSAL_REASONS.find((name) => name === value)
  if (known === undefined) throw malformed('unknown reason')
  return known
}

function member(value: unknown): Member {
  if (typeof value !== 'object' || value === null) throw malformed('a member is no object')
  const fields: Fields = value
  return { id: text(fields.id), address: address(fields.address), role: 'voter' }
}

function malformed(what: string, cause?: unknown): RaftError {
  return new RaftError('ERR_DECODE', `forming message refused: ${what}`, { cause })
}
