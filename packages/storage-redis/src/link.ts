// The way to Redis: a connection when one is needed, each one checked before anything else is sent on it.
import { setTimeout as sleep } from 'node:timers/promises'
import { RaftError } from '@riverraft/core'
import { Connection } from './connection.js'
import { isReply, storageError } from './errors.js'
import type { Settings } from './options.js'

const BACK_OFF_MS_MIN = 10
const BACK_OFF_MS_MAX = 500

/** Looks at a new connection; what it throws ends all attempts if it is a RaftError. */
export type Check = (connection: Connection) => Promise<void>

export class Link {
  readonly #settings: Settings
  readonly #check: Check
  readonly #closed = new AbortController()
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined

  constructor(settings: Settings, check: Check) {
    this.#settings = settings
    this.#check = check
  }

  /** The connection, or a new one: tried for connectTimeoutMs, then the last reason is thrown. */
  async connection(): Promise<Connection> {
    if (this.#connection?.usable) return this.#connection
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<Connection> {
    const deadline = AbortSignal.timeout(this.#settings.connectTimeoutMs)
    const signal = AbortSignal.any([deadline, this.#closed.signal])
    let reason: unknown
    for (let backOffMs = BACK_OFF_MS_MIN; ; backOffMs = Math.min(backOffMs * 2, BACK_OFF_MS_MAX)) {
      let connection: Connection | undefined
      try {
        connection = await Connection.open(this.#settings, signal)
        await this.#check(connection)
        signal.throwIfAborted()
        this.#connection = connection
        return connection
      } catch (error) {
        connection?.close()
        if (this.#closed.signal.aborted) throw storageError('ERR_STORAGE', 'it is closed')
        // A wrong password, or a check that failed, is not mended by trying again.
        if (error instanceof RaftError || (isReply(error) && !isPassing(error))) throw error
        if (!deadline.aborted) reason = error
      }
      await sleep(backOffMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {})
      if (deadline.aborted) {
        const { connectTimeoutMs } = this.#settings
        throw storageError('ERR_STORAGE', `no connection within ${connectTimeoutMs} ms`, reason)
      }
    }
  }

  close(): void {
    this.#closed.abort()
    this.#connection?.close()
  }
}

/** The server is there and will serve soon. */
function isPassing(error: Error): boolean {
  return /^(LOADING|BUSY|MASTERDOWN) /.test(error.message)
}
