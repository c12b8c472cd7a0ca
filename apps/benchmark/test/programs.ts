// Real runs of riverraft-bench: what they print, and what they leave behind.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const CLI: string = join(import.meta.dirname, '../dist/cli.js')
if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: build first')

const programs: Program[] = []

export class Program {
  /** It runs there; temporary files go there too, so that a test sees what is left behind. */
  readonly directory: string = mkdtempSync(join(tmpdir(), 'riverraft-bench-test-'))
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #process: ChildProcessWithoutNullStreams
  output = ''
  #look = (): void => {}

  constructor(args: readonly string[]) {
    const env = { ...process.env, TMPDIR: this.directory }
    this.#process = spawn(process.execPath, [CLI, ...args], { cwd: this.directory, env, stdio: 'pipe' })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString()
        this.#look()
      })
    }
    this.exited = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.#look()
        resolve({ code, signal })
      })
    })
  }

  /** @throws when it ends without printing it */
  async seen(pattern: RegExp): Promise<void> {
    let ended = false
    void this.exited.then(() => {
      ended = true
    })
    while (!pattern.test(this.output)) {
      if (ended) throw new Error(`it ended without printing ${pattern}:\n${this.output}`)
      await Promise.race([
        this.exited,
        new Promise<void>((resolve) => {
          this.#look = resolve
        }),
      ])
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Files that it has not removed. */
  get files(): readonly string[] {
    return readdirSync(this.directory)
  }

  /** A file that it has written where it ran. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects.
  json(name: string): any {
    return JSON.parse(readFileSync(join(this.directory, name), 'utf8'))
  }

  /** Processes of this run that still live: its own, its children, their children. Linux knows; elsewhere none. */
  get processes(): readonly string[] {
    if (!existsSync('/proc/self/environ')) return []
    return readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.directory)
      } catch {
        return false
      }
    })
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.exited
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

export function start(args: readonly string[]): Program {
  const program = new Program(args)
  programs.push(program)
  return program
}

/** For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all(programs.splice(0).map((program) => program.end()))
}
