// Runs seeds of one copy in a process of its own, one after another.
import { type ChildProcess, fork } from 'node:child_process'
import type { Copy } from './copy.js'
import type { RunAnswer, RunRequest } from './protocol.js'

/** A seed takes a second: whoever needs so long will never end. */
const SEED_MS_MAX = 120_000
/** A run takes a tenth of it. */
const HEAP_MIB_MAX = 1_024

const CHILD = new URL('./child.js', import.meta.url)

/** A child in an endless loop does not notice that the museum is gone. */
const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** The process is gone, or was ended because it did not answer: nothing was caught, whatever happened. */
export class Died extends Error {
  override readonly name: string = 'Died'
}

export class Runner {
  readonly #child: ChildProcess
  readonly #exited: Promise<never>

  constructor(copy: Copy) {
    this.#child = fork(CHILD, [copy.simulator], {
      execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    children.add(this.#child)
    this.#exited = new Promise((_, reject) => {
      this.#child.once('exit', (code, signal) => reject(new Died(`its process ended with ${signal ?? code}`)))
      this.#child.once('error', reject)
    })
    // Whoever asks next hears of it.
    this.#exited.catch(() => {})
  }

  /** @throws Died */
  async run(request: RunRequest): Promise<RunAnswer> {
    let timer: NodeJS.Timeout | undefined
    const answer = new Promise<RunAnswer>((resolve) => this.#child.once('message', resolve))
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Died(`seed ${request.seed} does not end`)), SEED_MS_MAX)
    })
    try {
      this.#child.send(request)
      const { error, ...said } = await Promise.race([answer, late, this.#exited])
      if (error !== undefined) throw new Died(`seed ${request.seed}: ${error}`)
      return said
    } finally {
      clearTimeout(timer)
    }
  }

  stop(): void {
    children.delete(this.#child)
    this.#child.kill('SIGKILL')
  }
}
