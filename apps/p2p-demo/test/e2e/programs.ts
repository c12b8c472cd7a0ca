// Real processes of riverraft-demo: what they print is waited for, and every one is stopped, by its pid.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'

export const CLI: string = join(import.meta.dirname, '../../dist/cli.js')
if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: build first')

const programs: Program[] = []
const directories: string[] = []

/** What somebody prints, while it is printed. */
export class Transcript {
  readonly #waiters = new Set<() => void>()
  #text = ''
  #ended = false

  constructor(...streams: readonly NodeJS.ReadableStream[]) {
    for (const stream of streams) {
      stream.on('data', (chunk: Buffer) => {
        this.#text += chunk.toString()
        this.#look()
      })
    }
  }

  get text(): string {
    return this.#text
  }

  /** Resolves with the first match, `from` there on. @throws when it ends without one */
  seen(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.#text.slice(from))
        if (match === null && !this.#ended) return
        this.#waiters.delete(look)
        if (match !== null) resolve(match)
        else reject(new Error(`it ended without printing ${pattern}:\n${this.#text}`))
      }
      this.#waiters.add(look)
      look()
    })
  }

  end(): void {
    this.#ended = true
    this.#look()
  }

  #look(): void {
    for (const look of [...this.#waiters]) look()
  }
}

export class Program {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #process: ChildProcessWithoutNullStreams
  readonly #transcript: Transcript

  constructor(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>>) {
    // Temporary files go there too, so that a test sees what is left behind.
    const env = { ...process.env, TMPDIR: cwd, ...environment }
    this.#process = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: 'pipe' })
    this.#transcript = new Transcript(this.#process.stdout, this.#process.stderr)
    this.exited = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.#transcript.end()
        resolve({ code, signal })
      })
    })
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#transcript.text
  }

  seen(pattern: RegExp, from?: number): Promise<RegExpExecArray> {
    return this.#transcript.seen(pattern, from)
  }

  type(line: string): void {
    this.#process.stdin.write(`${line}\n`)
  }

  /** Types a line, and resolves with the first match in what is printed after it. */
  ask(line: string, answer: RegExp): Promise<RegExpExecArray> {
    const from = this.output.length
    this.type(line)
    return this.seen(answer, from)
  }

  /** The end of its input, as from /dev/null. */
  closeInput(): void {
    this.#process.stdin.end()
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.exited
  }
}

/** Starts riverraft-demo in a new, empty directory, or in `cwd`. */
export function start(
  args: readonly string[],
  cwd: string = freshDirectory(),
  environment: Readonly<Record<string, string>> = {},
): Program {
  const program = new Program(args, cwd, environment)
  programs.push(program)
  return program
}

export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-test-'))
  directories.push(directory)
  return directory
}

/** For `afterEach`. */
export async function endAll(): Promise<void> {
  await Promise.all(programs.splice(0).map((program) => program.end()))
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
}

/** The processes that a launcher says it has started, as soon as those are `count`. */
export async function childrenOf(launcher: Program, count = 3): Promise<readonly number[]> {
  await launcher.seen(new RegExp(`(starts, process \\d+[\\s\\S]*){${count}}`))
  return [...launcher.output.matchAll(/starts, process (\d+)/g)].map(([, pid]) => Number(pid))
}

/** As when the power fails: a launcher and all its processes are gone at once. */
export async function killAll(launcher: Program): Promise<void> {
  launcher.signal('SIGKILL')
  const pids = await childrenOf(launcher, 0)
  for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  await launcher.exited
  await gone(pids)
}

/** Resolves when none of these is there any more. They are no children of ours: they have to be looked for. */
export async function gone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000 })
}

/** True while a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
