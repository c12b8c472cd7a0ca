// A node in a process of its own, as the launcher sees it.
import { type ChildProcess, fork } from 'node:child_process'
import type { NodeMessage, RequestMessage } from '../control/channel.js'
import type { Answers, Command, CommandType } from '../control/commands.js'
import type { Failure, Report } from '../control/events.js'
import { type Deferred, deferred } from '../deferred.js'

const STDERR_LENGTH_MAX = 4_000

/** A command that a node could not carry out; `code` is the node's. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed'
  readonly code: string

  constructor({ code, message }: Failure) {
    super(message)
    this.code = code
  }
}

/** How a process ended: an exit status, or the signal that killed it. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export class Child {
  readonly name: string
  readonly exited: Promise<Exit>
  readonly #process: ChildProcess
  readonly #pending = new Map<number, Deferred<unknown>>()
  #nextId = 1
  #exit: Exit | undefined
  #errorOutput = ''

  constructor(
    name: string,
    cli: string,
    args: readonly string[],
    cwd: string,
    onReport: (report: Report) => void,
  ) {
    this.name = name
    this.#process = fork(cli, ['node', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#errorOutput = (this.#errorOutput + chunk.toString()).slice(-STDERR_LENGTH_MAX)
    })
    this.#process.on('message', (message: NodeMessage) => {
      if (message.kind === 'report') onReport(message.report)
      else this.#settle(message)
    })
    this.exited = new Promise((resolve) => {
      // 'close' and not 'exit': what it wrote before it died has been read by then.
      this.#process.once('close', (code, signal) => {
        this.#exit = { code, signal }
        for (const { reject } of this.#pending.values()) reject(gone(this.name))
        this.#pending.clear()
        resolve(this.#exit)
      })
    })
    // Spawning itself failed: 'close' follows, and carries the reason no further.
    this.#process.once('error', (error) => {
      this.#errorOutput += String(error)
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get alive(): boolean {
    return this.#exit === undefined && !this.#process.killed
  }

  /** The end of what the process wrote to its error output. */
  get errorOutput(): string {
    return this.#errorOutput.trim()
  }

  /** The code of the error that ended the process; undefined when it said none. */
  get errorCode(): string | undefined {
    return /^(ERR_[A-Z_]+): /m.exec(this.#errorOutput)?.[1]
  }

  /** @throws CommandFailed with the node's code; ERR_PROCESS_GONE when the process ended before it answered */
  ask<Type extends CommandType>(
    command: Command & { type: Type },
    timeoutMs: number,
  ): Promise<Answers[Type]> {
    if (!this.alive) return Promise.reject(gone(this.name))
    const id = this.#nextId++
    const answer = deferred<Answers[Type]>()
    this.#pending.set(id, answer as Deferred<unknown>)
    const request: RequestMessage = { kind: 'request', id, command, timeoutMs }
    this.#process.send(request, (error) => {
      if (error === null) return
      this.#pending.delete(id)
      answer.reject(gone(this.name))
    })
    return answer.promise
  }

  /** No goodbye: the process is gone at once, as in a power failure. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  /** Waits for the process to end by itself, and ends it when it has not. */
  async endsWithin(withinMs: number): Promise<void> {
    const insist = setTimeout(() => this.#process.kill('SIGKILL'), withinMs)
    await this.exited
    clearTimeout(insist)
  }

  /** Asks the process to stop, and insists after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    if (this.#exit !== undefined) return
    this.#process.kill('SIGTERM')
    await this.endsWithin(withinMs)
  }

  #settle(message: Exclude<NodeMessage, { kind: 'report' }>): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (message.kind === 'reply') pending?.resolve(message.answer)
    else pending?.reject(new CommandFailed(message.failure))
  }
}

const gone = (name: string) =>
  new CommandFailed({ code: 'ERR_PROCESS_GONE', message: `the process of ${name} has ended` })
