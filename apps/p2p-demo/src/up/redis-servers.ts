// With --storage redis: a redis-server for each node, beside its data, for as long as the launcher lives.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Seat } from './seats.js'
import type { UpHome } from './settings.js'

const PROGRAMS = ['redis-server', 'valkey-server']
const GUARD = fileURLToPath(import.meta.resolve('./redis-guard.js'))

/** What a guard tells: the server is ready, or how it ended instead. */
export type GuardMessage = { readonly ready: true } | { readonly ended: string }

export class RedisServers {
  readonly #home: UpHome
  readonly #guards = new Map<string, ChildProcess>()

  constructor(home: UpHome) {
    this.#home = home
  }

  /** Resolves when the servers of all these nodes accept connections; at once when another storage was chosen. */
  async start(seats: readonly Seat[], signal: AbortSignal): Promise<void> {
    if (this.#home.settings.storage !== 'redis') return
    const missing = seats.filter(({ name }) => !this.#guards.has(name))
    const program = PROGRAMS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
    if (program === undefined) {
      throw new Error(
        '--storage redis needs redis-server: apt-get install redis-server, or brew install redis',
      )
    }
    await Promise.all(
      missing.map(async ({ name, redisPort }) => {
        const data = this.#dataOf(name)
        mkdirSync(data, { recursive: true })
        await this.#guard(name, program, redisPort!, data, signal)
      }),
    )
  }

  /** Resolves when every server has ended. */
  async stop(): Promise<void> {
    await Promise.all([...this.#guards.keys()].map((name) => this.#end(name)))
  }

  /** The server of that node has stored nothing any more. */
  async wipe(name: string, signal: AbortSignal): Promise<void> {
    await this.#end(name)
    await rm(this.#dataOf(name), { recursive: true })
    await this.start(
      this.#home.settings.seats.filter((seat) => seat.name === name),
      signal,
    )
  }

  async #end(name: string): Promise<void> {
    const guard = this.#guards.get(name)
    this.#guards.delete(name)
    if (guard === undefined || guard.exitCode !== null || guard.signalCode !== null) return
    const ended = new Promise((resolve) => guard.once('exit', resolve))
    if (guard.connected) guard.disconnect()
    await ended
  }

  #dataOf(name: string): string {
    return join(this.#home.directoryOf(name), 'redis')
  }

  #guard(name: string, program: string, port: number, data: string, signal: AbortSignal): Promise<void> {
    const server = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', '']
    server.push('--appendonly', 'yes', '--appendfsync', 'always')
    // In a group of its own: Ctrl-C must not take the disk away from nodes that are still writing to it.
    const guard = fork(GUARD, [program, ...server], { detached: true, stdio: 'ignore' })
    this.#guards.set(name, guard)
    return new Promise((resolve, reject) => {
      guard.once('message', (message: GuardMessage) => {
        if ('ready' in message) return resolve()
        const why = `the redis-server of ${name} on port ${port} did not start: ${message.ended}`
        reject(new Error(`${why}. Is this cluster running already?`))
      })
      guard.once('error', reject)
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
  }
}
