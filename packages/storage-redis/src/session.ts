// One opening of the storage: who owns it, where its log ends, and whether it can still be trusted.
import { type RaftError, SnapshotSaves } from '@riverraft/core'
import type { Argument, Connection } from './connection.js'
import { failure, isReply, storageError } from './errors.js'
import { Link } from './link.js'
import type { Settings } from './options.js'
import { checkPersistence } from './persistence.js'
import type { Script } from './scripts/script.js'
import { VERIFY } from './scripts/verify.js'

const QUERY_ATTEMPTS_MAX = 3

export class Session {
  readonly #settings: Settings
  readonly #link: Link
  /** The incarnation and the epoch: what every fenced script is told first. */
  #owner: readonly [string, string] | undefined
  #runId = ''
  #failure: RaftError | undefined
  #snapshots = 0
  /** Given up when the session ends, or fails. */
  readonly saves: SnapshotSaves = new SnapshotSaves()
  /** The last index of the log: never below what a completed write said. */
  lastIndex = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#link = new Link(settings, (connection) => this.#check(connection))
  }

  /** Set by the first failed write: what has failed is unknown, so nothing after it can be trusted. */
  get failure(): RaftError | undefined {
    return this.#failure
  }

  /** From now on every script runs in the name of this epoch. */
  own(incarnation: string, epoch: string, lastIndex: number): void {
    this.#owner = [incarnation, epoch]
    this.lastIndex = lastIndex
  }

  /** Never used twice in this storage, since no epoch is. */
  nextSnapshotId(): string {
    return `${this.#owner![1]}-${++this.#snapshots}`
  }

  /** Runs a script that belongs to no epoch yet. */
  async open(script: Script, args: readonly Argument[]): Promise<unknown> {
    try {
      return await (await this.#link.connection()).run(script, args)
    } catch (error) {
      throw failure('open', error)
    }
  }

  /** Sends a change, once. Whatever goes wrong, nothing can be done with this session afterwards. */
  async change(what: string, script: Script, args: readonly Argument[]): Promise<unknown> {
    this.#assertUsable()
    try {
      const connection = await this.#link.connection()
      return await connection.run(script, [...this.#owner!, ...args])
    } catch (error) {
      throw this.#fail(failure(isReply(error) ? what : `${what}, outcome unknown`, error))
    }
  }

  /** Asks for something. It changes nothing, so a lost connection is no reason not to ask again. */
  async query(what: string, script: Script, args: readonly Argument[]): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      this.#assertUsable()
      try {
        const connection = await this.#link.connection()
        return await connection.run(script, [...this.#owner!, ...args])
      } catch (error) {
        const failed = failure(what, error)
        if (isReply(error) || error === failed) throw this.#fail(failed)
        if (attempt === QUERY_ATTEMPTS_MAX) throw failed
      }
    }
  }

  /** A new connection may lead to a Redis that was restarted, replaced, restored or taken over. */
  async #check(connection: Connection): Promise<void> {
    const { runId, role, settings } = await connection.info()
    if (!this.#settings.allowUnsafePersistence) checkPersistence(settings, role)
    if (this.#owner !== undefined) {
      const last = Number(await connection.run(VERIFY, this.#owner))
      if (last !== this.lastIndex) {
        const how = runId === this.#runId ? 'without a restart' : 'over a restart of Redis'
        throw storageError(
          'ERR_STORAGE',
          `the log ended at ${this.lastIndex} and, ${how}, now ends at ${last}`,
        )
      }
    }
    this.#runId = runId
  }

  #fail(error: RaftError): RaftError {
    this.#failure ??= error
    void this.saves.end(this.#failure)
    this.#link.close()
    return this.#failure
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    await this.saves.end(storageError('ERR_STORAGE', 'it was closed'))
    this.#link.close()
  }
}
