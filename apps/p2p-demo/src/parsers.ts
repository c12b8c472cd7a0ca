// Option values as a person types them.
import { multiaddr } from '@multiformats/multiaddr'
import { InvalidArgumentError } from 'commander'
import { STORAGES, type StorageName, TRANSPORTS, type TransportName } from './node/choices.js'

/** Only this machine can reach it: opening a port to a network is the user's decision. */
export const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/0'
export const DEFAULT_CLUSTER = 'demo'
export const DEFAULT_SIZE = 3
export const DEFAULT_TIMEOUT_SECONDS = 60
/** In the directory the node is started in: another directory, another node. */
export const DEFAULT_KEY = 'riverraft-demo.key'
/** Beside it, when a cluster is created and no secret was given. */
export const DEFAULT_SECRET = 'riverraft-demo.secret'
export const SECRET_VARIABLE = 'RIVERRAFT_SECRET'

const SIZE_MAX = 9
const NAME_LENGTH_MAX = 64
/** Letters, digits, dot, dash, underscore: a name goes into a service tag and a cluster id. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** The options make no sense together. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

export function parseName(value: string): string {
  if (NAME_PATTERN.test(value) && value.length <= NAME_LENGTH_MAX) return value
  throw new InvalidArgumentError(`Use letters, digits, ".", "-" and "_", at most ${NAME_LENGTH_MAX}.`)
}

export function parseMultiaddr(value: string): string {
  try {
    const address = multiaddr(value)
    if (address.getComponents().some(({ name }) => name === 'tcp')) return value
  } catch {
    // Said below, with an example.
  }
  throw new InvalidArgumentError('Not a TCP multiaddr. An example: /ip4/127.0.0.1/tcp/4001')
}

/** May be repeated. What is an address is for the transport to say. */
export function parseAddresses(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
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

export function parseRedis(value: string): string {
  if (/^rediss?:\/\/./.test(value)) return value
  throw new InvalidArgumentError('Not a Redis URL. An example: redis://127.0.0.1:6379')
}

/** The story needs a majority that outlives a leader. */
export function parseSize(value: string): number {
  const size = parseInteger(value, 1, SIZE_MAX)
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
