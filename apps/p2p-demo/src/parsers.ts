// Option values as a person types them.
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Member } from '@riverraft/core'
import { InvalidArgumentError } from 'commander'
import { NAME_LENGTH_MAX, NAME_PATTERN, SIZE_MAX } from './form/protocol.js'
import { STORAGES, type StorageName, TRANSPORTS, type TransportName } from './node/choices.js'

/** Only this machine can reach it: opening a port to a network is the user's decision. */
export const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/0'
export const DEFAULT_CLUSTER = 'demo'
export const DEFAULT_SIZE = 3
export const DEFAULT_TIMEOUT_SECONDS = 60
/** In the directory the node is started in: another directory, another node. */
export const DEFAULT_KEY = 'riverraft-demo.key'

/** The options make no sense together. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

export function parseName(value: string): string {
  if (NAME_PATTERN.test(value) && value.length <= NAME_LENGTH_MAX) return value
  throw new InvalidArgumentError(`Use letters, digits, ".", "-" and "_", at most ${NAME_LENGTH_MAX}.`)
}

export function parseMultiaddr(value: string): Multiaddr {
  try {
    const address = multiaddr(value)
    if (address.getComponents().some(({ name }) => name === 'tcp')) return address
  } catch {
    // Said below, with an example.
  }
  throw new InvalidArgumentError('Not a TCP multiaddr. An example: /ip4/127.0.0.1/tcp/4001')
}

export function parseMultiaddrs(value: string, previous: readonly Multiaddr[] = []): readonly Multiaddr[] {
  return [...previous, parseMultiaddr(value)]
}

export function parseTransport(value: string): TransportName {
  const known = TRANSPORTS.find((name) => name === value)
  if (known !== undefined) return known
  const memory =
    value === 'memory' ? 'The memory transport connects nodes of one process; these are several. ' : ''
  throw new InvalidArgumentError(`${memory}Choose from ${TRANSPORTS.join(', ')}.`)
}

export function parseStorage(value: string): StorageName {
  const known = STORAGES.find((name) => name === value)
  if (known !== undefined) return known
  throw new InvalidArgumentError(`Choose from ${STORAGES.join(', ')}.`)
}

export function parseMembers(value: string): readonly Member[] {
  const members = value.split(',').map((text) => {
    const [, id, address] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (id === undefined || address === undefined || !NAME_PATTERN.test(id)) {
      throw new InvalidArgumentError(
        `"${text}" is not id=address. An example: a=127.0.0.1:7001,b=127.0.0.1:7002,c=127.0.0.1:7003`,
      )
    }
    return { id, address, role: 'voter' } as const
  })
  if (members.length > SIZE_MAX) throw new InvalidArgumentError(`At most ${SIZE_MAX} members.`)
  if (new Set(members.map(({ id }) => id)).size < members.length)
    throw new InvalidArgumentError('An id is there twice.')
  return members
}

export function parseRedis(value: string): string {
  if (/^rediss?:\/\/./.test(value)) return value
  throw new InvalidArgumentError('Not a Redis URL. An example: redis://127.0.0.1:6379')
}

export function parseSize(value: string): number {
  return parseInteger(value, 1, SIZE_MAX)
}

/** The story needs a majority that outlives a leader. */
export function parseUpSize(value: string): number {
  const size = parseSize(value)
  if (size >= 3) return size
  throw new InvalidArgumentError('With fewer than 3, no majority outlives the leader.')
}

export function parseSeconds(value: string): number {
  return parseInteger(value, 1, 86_400)
}

function parseInteger(value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= min && number <= max) return number
  throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
}
