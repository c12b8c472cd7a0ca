// A real redis-server per test file: on a free port of the loopback, in a folder of its own, ended by its process id.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { describe, test } from 'vitest'

const PROGRAM = ['redis-server', 'valkey-server'].find(
  (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0,
)
const MISSING =
  'redis-server is missing. To run these tests: apt-get install redis-server (brew install redis)'
const { CI = '' } = process.env
const MUST_RUN = !['', '0', 'false'].includes(CI)

/** Settings as in a configuration file. */
type ServerSettings = Readonly<Record<string, string | readonly string[]>>

const START_ATTEMPTS_MAX = 5
const SAFE = { appendonly: 'yes', appendfsync: 'always', save: '' }

/** Tests that need a Redis: skipped with a reason where there is none, failed under CI. */
export function describeWithRedis(name: string, body: () => void): void {
  if (PROGRAM === undefined && MUST_RUN) {
    test(name, () => {
      throw new Error(MISSING)
    })
  } else {
    if (PROGRAM === undefined) console.warn(`skipped: ${name}: ${MISSING}`)
    describe.skipIf(PROGRAM === undefined)(name, body)
  }
}

export class RedisServer {
  readonly port: number
  readonly directory: string
  readonly #settings: ServerSettings
  #process: ChildProcess | undefined
  #admin: Redis | undefined

  private constructor(port: number, directory: string, settings: ServerSettings) {
    this.port = port
    this.directory = directory
    this.#settings = settings
  }

  static async start(settings: ServerSettings = {}): Promise<RedisServer> {
    for (let attempt = 1; attempt <= START_ATTEMPTS_MAX; attempt++) {
      const directory = await mkdtemp(join(tmpdir(), 'riverraft-redis-'))
      const server = new RedisServer(await freePort(), directory, { ...SAFE, ...settings })
      if (await server.start()) return server
      // Somebody took the port in between.
      await rm(directory, { recursive: true })
    }
    throw new Error('the server did not start')
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Resolves when it accepts connections, its data loaded; false when it ended instead. */
  async start(): Promise<boolean> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory]
    for (const [name, value] of Object.entries(this.#settings)) args.push(`--${name}`, ...[value].flat())
    const child = spawn(PROGRAM!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = child
    const endWithUs = (): void => void child.kill('SIGKILL')
    process.once('exit', endWithUs)
    child.once('exit', () => process.removeListener('exit', endWithUs))
    const lines = createInterface({ input: child.stdout })
    return new Promise((resolve) => {
      lines.on('line', (line) => line.includes('Ready to accept connections') && resolve(true))
      child.once('exit', () => resolve(false))
    })
  }

  /** 'SIGKILL': as by a power failure; 'SIGTERM': in order. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    this.#admin?.disconnect()
    this.#admin = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
  }

  async restart(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.end(signal)
    if (!(await this.start())) throw new Error('the server did not start again')
  }

  /** It keeps its connections and does nothing. */
  pause(): void {
    this.#process!.kill('SIGSTOP')
  }

  resume(): void {
    this.#process!.kill('SIGCONT')
  }

  /** What it holds on disk now, to be put back later: a backup, as people make them. */
  async backup(): Promise<() => Promise<void>> {
    const copy = await mkdtemp(join(tmpdir(), 'riverraft-redis-backup-'))
    await cp(this.directory, copy, { recursive: true })
    return async () => {
      await rm(this.directory, { recursive: true })
      await cp(copy, this.directory, { recursive: true })
      await rm(copy, { recursive: true })
    }
  }

  /** A client for what a test does behind the storage's back. */
  get admin(): Redis {
    this.#admin ??= new Redis(this.port, '127.0.0.1', { retryStrategy: null })
    return this.#admin
  }

  /** How many scripts have run. */
  async scriptsRun(): Promise<number> {
    const stats = await this.admin.info('commandstats')
    return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL')
    await rm(this.directory, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
