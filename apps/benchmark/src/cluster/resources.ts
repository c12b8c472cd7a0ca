// Processes and directories of a run: whatever happens to the launcher, none is left behind.
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What one cluster uses. */
export class Scope {
  /** Its own; removed at the end. */
  readonly directory: string
  readonly #processes = new Set<ChildProcess>()
  #ended = false

  constructor(directory: string) {
    this.directory = directory
    mkdirSync(directory)
  }

  adopt(child: ChildProcess): void {
    this.#processes.add(child)
    child.once('close', () => this.#processes.delete(child))
    // An interrupted run may still be starting things.
    if (this.#ended) child.kill('SIGKILL')
  }

  /** Ends all its processes, by their ids, and removes the directory when they are gone. */
  async end(): Promise<void> {
    this.#ended = true
    await Promise.all([...this.#processes].map(killed))
    remove(this.directory)
  }

  kill(): void {
    for (const child of this.#processes) child.kill('SIGKILL')
  }
}

export class Resources {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'riverraft-bench-'))
  readonly #scopes: Scope[] = []
  #released = false
  // A launcher that dies of an exception takes its processes along.
  readonly #onExit = (): void => {
    for (const scope of this.#scopes) scope.kill()
    remove(this.#root)
  }

  constructor() {
    process.on('exit', this.#onExit)
  }

  open(): Scope {
    if (this.#released) throw new Error('the run has ended')
    const scope = new Scope(join(this.#root, String(this.#scopes.length + 1)))
    this.#scopes.push(scope)
    return scope
  }

  /** Ends everything. */
  async release(): Promise<void> {
    this.#released = true
    await Promise.all(this.#scopes.map((scope) => scope.end()))
    process.removeListener('exit', this.#onExit)
    remove(this.#root)
  }
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
}

/** Resolves when the process is gone. A benchmark's data is thrown away: nobody needs a goodbye. */
function killed(child: ChildProcess): Promise<void> {
  // Without an id it never started, and never will.
  if (child.pid === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.kill('SIGKILL')
  })
}
