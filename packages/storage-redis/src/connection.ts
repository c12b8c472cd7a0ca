// One connection to Redis, used as long as it is beyond doubt: after a time-out or a loss it is closed and replaced.
import { Redis } from 'ioredis'
import { isReply } from './errors.js'
import { clientOptions, type Settings } from './options.js'
import { SAFE_SETTINGS } from './persistence.js'
import type { Script } from './scripts/script.js'

export type Argument = string | number | Buffer

export interface ServerInfo {
  /** Changes with every start of the server. */
  readonly runId: string
  readonly role: string
  /** Of each of SAFE_SETTINGS what it is; missing when the server does not say. */
  readonly settings: ReadonlyMap<string, string>
}

export class Connection {
  readonly #redis: Redis
  readonly #prefix: string
  #closed = false

  private constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** Connects, and waits while the server is loading its data. Rejects when that has not happened by `signal`. */
  static async open(settings: Settings, signal: AbortSignal): Promise<Connection> {
    const options = clientOptions(settings)
    const redis = settings.url === undefined ? new Redis(options) : new Redis(settings.url, options)
    // What `connect` rejects with only says that it is closed, or nothing; the reason comes as an event.
    let reason: Error | undefined
    redis.on('error', (error: Error) => {
      reason ??= error
    })
    const abort = (): void => redis.disconnect()
    signal.addEventListener('abort', abort, { once: true })
    try {
      signal.throwIfAborted()
      await redis.connect()
      // A database that could not be selected is only an event: what follows would go to another one.
      if (reason !== undefined) throw reason
      return new Connection(redis, settings.prefix)
    } catch (error) {
      redis.disconnect()
      throw reason ?? error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  get usable(): boolean {
    return !this.#closed && this.#redis.status === 'ready'
  }

  /** Runs a script. Its strings come back as buffers, its numbers as numbers. */
  async run(script: Script, args: readonly Argument[]): Promise<unknown> {
    const rest = ['1', this.#prefix, ...args]
    try {
      return await this.#redis.callBuffer('EVALSHA', [script.sha1, ...rest]).catch((error: Error) => {
        // The one error that means nothing has run, and that the text helps against.
        if (isReply(error) && error.message.startsWith('NOSCRIPT')) {
          return this.#redis.callBuffer('EVAL', [script.text, ...rest])
        }
        throw error
      })
    } catch (error) {
      if (!isReply(error)) this.close()
      throw error
    }
  }

  async info(): Promise<ServerInfo> {
    const text = await this.#redis.info()
    const field = (name: string): string =>
      new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? 'unknown'
    const settings = new Map<string, string>()
    for (const name of Object.keys(SAFE_SETTINGS)) {
      const value = await this.#setting(name)
      if (value !== undefined) settings.set(name, value)
    }
    return { runId: field('run_id'), role: field('role'), settings }
  }

  /** Some hosts forbid CONFIG: then a setting is unknown. */
  async #setting(name: string): Promise<string | undefined> {
    try {
      const answer = (await this.#redis.config('GET', name)) as string[]
      return answer[1]
    } catch (error) {
      if (isReply(error)) return undefined
      throw error
    }
  }

  /** At once: what is under way fails. */
  close(): void {
    this.#closed = true
    this.#redis.disconnect()
  }
}
