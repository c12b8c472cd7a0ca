// What a demo node is told. A launcher tells it a cluster name and one address; a person may say more.
import { createHash } from 'node:crypto'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { InvalidArgumentError } from 'commander'
import { NAME_LENGTH_MAX, NAME_PATTERN, SIZE_MAX } from '../form/protocol.js'

/** Only this machine can reach it: opening a port to a network is the user's decision. */
export const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/0'
export const DEFAULT_CLUSTER = 'demo'
export const DEFAULT_SIZE = 3
export const DEFAULT_TIMEOUT_SECONDS = 60
/** In the directory the node is started in: another directory, another node. */
export const DEFAULT_KEY = 'riverraft-demo.key'

export interface DemoNodeOptions {
  readonly cluster: string
  /** Set: this node creates the cluster and waits for that many members, itself included. */
  readonly create: { readonly size: number } | undefined
  readonly bootstrap: readonly Multiaddr[]
  readonly mdns: boolean
  readonly listen: Multiaddr
  readonly keyFile: string
  /** How long a joiner goes on looking for the cluster. */
  readonly timeoutMs: number
}

/** Nodes of other clusters on the same network do not even hear of ours. A hash: a DNS label has 63 bytes, no dots. */
export function serviceTag(cluster: string): string {
  return `riverraft-${createHash('sha256').update(cluster).digest('hex').slice(0, 16)}`
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

export function parseSize(value: string): number {
  return parseInteger(value, 1, SIZE_MAX)
}

export function parseSeconds(value: string): number {
  return parseInteger(value, 1, 86_400)
}

function parseInteger(value: string, min: number, max: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= min && number <= max) return number
  throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
}
