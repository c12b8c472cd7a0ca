// Programs of a reader, in a directory outside the repository. Each is ended with all that it has started.
import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { createInterface } from 'node:readline'

const running = new Set<Program>()
const WINDOWS = process.platform === 'win32'
/** Nothing of the process that tests is passed on: not its module paths, not what it says about itself. */
const PRIVATE = /^(NODE_(PATH|OPTIONS|ENV)|VITEST.*|TEST|DEV|PROD|SSR|MODE|BASE_URL)$/
const TOO_LONG_MS = 180_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class Program {
  /** It has ended, and everything it printed was read. */
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #looks = new Set<() => void>()
  #output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk
      })
    }
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#lines.push(line)
      for (const look of this.#looks) look()
    })
    running.add(this)
    const tooLong = setTimeout(() => this.kill(), TOO_LONG_MS)
    this.ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    }).finally(() => {
      clearTimeout(tooLong)
      running.delete(this)
    })
  }

  /** `npm` and `npx` are those on the PATH; everything runs on the node that runs the tests. */
  static start(
    command: string,
    args: readonly string[],
    cwd: string,
    settings: NodeJS.ProcessEnv = {},
  ): Program {
    const shell = WINDOWS && command !== process.execPath
    const options = { cwd, env: { ...environment(), ...settings }, shell, detached: !WINDOWS }
    return new Program(spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }))
  }

  /** What it has printed to its standard output, line by line. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output
  }

  /** Resolves when it has printed so many lines, or has ended. */
  async printed(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#lines.length >= count) resolve()
      }
      this.#looks.add(look)
      look()
    })
    await Promise.race([enough, this.ended])
  }

  terminate(): void {
    this.#child.kill('SIGTERM')
  }

  /** Ends it and every process it has started. */
  kill(): void {
    const { pid } = this.#child
    if (pid === undefined || !running.has(this)) return
    if (WINDOWS) spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' })
    else endGroup(pid)
  }
}

/** Runs a program to its end. @throws with all that it printed, unless it ends with status 0 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  settings?: NodeJS.ProcessEnv,
): Promise<void> {
  const program = Program.start(command, args, cwd, settings)
  const { code, signal } = await program.ended
  if (code === 0) return
  throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${program.output}`)
}

/** For the end of the tests. */
export async function endAll(): Promise<void> {
  const programs = [...running]
  for (const program of programs) program.kill()
  await Promise.allSettled(programs.map(({ ended }) => ended))
}

process.once('exit', () => {
  for (const program of running) program.kill()
})

function environment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PRIVATE.test(name)))
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...env, [path]: `${dirname(process.execPath)}${delimiter}${env[path] ?? ''}` }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
