// The knocks of this node on others' doors: a connection each, dialled by nothing but an address.
import { hasCode, RaftError } from '../ports/errors.js'
import type { Knock } from '../ports/transport.js'
import { JOIN_ANSWER_BYTES_MAX } from '../wire/limits.js'
import type { Connection, LinkDriver } from './connection.js'
import { Door } from './door.js'
import { failureText } from './failure-text.js'
import { FrameReader } from './frame-reader.js'

export class OutboundKnocks {
  readonly #driver: LinkDriver
  readonly #dialTimeoutMs: number
  /** Ends one that is being dialled, or is open. */
  readonly #open = new Set<() => void>()
  #closed = false

  constructor(driver: LinkDriver, dialTimeoutMs: number) {
    this.#driver = driver
    this.#dialTimeoutMs = dialTimeoutMs
  }

  async knock(address: string, signal: AbortSignal): Promise<Knock> {
    const attempt = new AbortController()
    const give = (error: RaftError): void => attempt.abort(error)
    const closed = (): void => give(new RaftError('ERR_STOPPED', 'the transport is closed'))
    const aborted = (): void => give(new RaftError('ERR_ABORTED', 'given up', { cause: signal.reason }))
    if (this.#closed) closed()
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted)
    this.#open.add(closed)
    const timer = setTimeout(
      () => give(new RaftError('ERR_TIMEOUT', 'dialling took too long')),
      this.#dialTimeoutMs,
    )
    try {
      return this.#greet(await this.#dial(address, attempt.signal))
    } catch (cause) {
      throw new RaftError('ERR_TIMEOUT', `cannot connect to ${address}: ${failureText(cause)}`, { cause })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      this.#open.delete(closed)
    }
  }

  /** A driver that is slow to notice the signal must not keep anybody waiting. */
  #dial(address: string, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort)
      const dialled = async (): Promise<Connection> => this.#driver.dial({ id: undefined, address }, signal)
      dialled().then(
        (connection) => (signal.aborted ? connection.abort('given up') : resolve(connection)),
        reject,
      )
    })
  }

  #greet(connection: Connection): Knock {
    const close = (): void => door.close()
    const reader = new FrameReader(JOIN_ANSWER_BYTES_MAX, (message) => door.push(message))
    const door = new Door(connection, () => {
      this.#open.delete(close)
      reader.stop()
      connection.abort('done')
    })
    this.#open.add(close)
    connection.start({
      data: (bytes) => {
        try {
          reader.push(bytes)
        } catch (error) {
          if (!hasCode(error, 'ERR_DECODE')) throw error
          close()
        }
      },
      drain: () => {},
      closed: () => {
        this.#open.delete(close)
        door.ended()
      },
    })
    return door
  }

  close(): void {
    this.#closed = true
    for (const end of [...this.#open]) end()
  }
}
