// Options are validated once, when the storage is made.
import { RaftError } from '@riverraft/core'
import type { RedisOptions } from 'ioredis'

/** How to reach the Redis: what of ioredis' options does not change how it treats commands. */
export type RedisConnection = Pick<
  RedisOptions,
  'host' | 'port' | 'path' | 'family' | 'username' | 'password' | 'db' | 'tls' | 'connectionName'
>

export interface RedisStorageOptions {
  /** `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. This or `connection`. */
  readonly url?: string
  readonly connection?: RedisConnection
  /**
   * Names this replica's keys, which all begin with `{prefix}`: the braces make a Redis Cluster keep them in one slot.
   * 1 to 128 characters other than braces. Two replicas never share a prefix in one Redis; better, they share no Redis.
   */
  readonly prefix: string
  /**
   * True: also a Redis that may lose acknowledged writes, for tests only. Without it `open` refuses any setting but
   * `appendonly yes`, `appendfsync always`, `no-appendfsync-on-rewrite no` and `maxmemory-policy noeviction`.
   */
  readonly allowUnsafePersistence?: boolean
  /** Default 10,000: how long `open`, or a call that finds the connection lost, tries to get one. */
  readonly connectTimeoutMs?: number
  /** Default 10,000: how long one command may take. A write that takes longer has an unknown outcome. */
  readonly commandTimeoutMs?: number
}

export interface Settings {
  /** With its hash tag: `{prefix}`. */
  readonly prefix: string
  readonly url: string | undefined
  readonly connection: RedisConnection
  readonly allowUnsafePersistence: boolean
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

const PREFIX = /^[^{}]{1,128}$/

/** @throws RaftError ERR_INVALID_OPTION */
export function resolveSettings(options: RedisStorageOptions): Settings {
  const { url, connection, prefix, allowUnsafePersistence = false } = options
  const { connectTimeoutMs = 10_000, commandTimeoutMs = 10_000 } = options
  if ((url === undefined) === (connection === undefined)) invalid('give either url or connection')
  // The URL is not repeated: it may hold a password.
  if (url !== undefined && !/^rediss?:\/\//.test(url)) invalid('url must begin with redis:// or rediss://')
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    invalid('prefix must have 1 to 128 characters, none of them a brace')
  }
  for (const [name, value] of Object.entries({ connectTimeoutMs, commandTimeoutMs })) {
    if (!Number.isFinite(value) || value <= 0) invalid(`${name} must be a positive number, not ${value}`)
  }
  return {
    prefix: `{${prefix}}`,
    url,
    connection: connection ?? {},
    allowUnsafePersistence,
    connectTimeoutMs,
    commandTimeoutMs,
  }
}

/** What ioredis must never do for us: it repeats nothing, keeps nothing back, and reconnects not by itself. */
export function clientOptions(settings: Settings): RedisOptions & { replyMapping: 'legacy' } {
  return {
    ...settings.connection,
    replyMapping: 'legacy',
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A client lives as long as its connection; the next one is checked before anything is sent on it.
    retryStrategy: null,
    reconnectOnError: null,
    enableAutoPipelining: false,
    connectTimeout: settings.connectTimeoutMs,
    commandTimeout: settings.commandTimeoutMs,
    disconnectTimeout: 200,
    maxLoadingRetryTime: 500,
  }
}

function invalid(message: string): never {
  throw new RaftError('ERR_INVALID_OPTION', `redis storage: ${message}`)
}
