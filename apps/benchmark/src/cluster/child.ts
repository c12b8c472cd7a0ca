// A process of a cluster, as the launcher sees it.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Failure, ReplyMessage, RequestMessage } from '../control/channel.js'
import type { Answers, Command, CommandType } from '../control/commands.js'
import type { Scope } from './resources.js'

const MAIN = fileURLToPath(new URL('../host/main.js', import.meta.url))
const STDERR_LENGTH_MAX = 4_000

/** A command that a process could not carry out; `code` is what went wrong there, or ERR_PROCESS_GONE. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed'
  readonly code: string

  constructor({ code, message }: Failure) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

interface Pending {
  resolve(answer: Answers[CommandType]): void
  reject(error: CommandFailed): void
}

export class Child {
  readonly process: ChildProcess
  readonly #name: string
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #gone = false
  #errorOutput = ''

  constructor(name: string, scope: Scope) {
    this.#name = name
    this.process = fork(MAIN, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    scope.adopt(this.process)
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.#errorOutput = (this.#errorOutput + chunk.toString()).slice(-STDERR_LENGTH_MAX)
    })
    this.process.on('message', (message: ReplyMessage) => {
      const pending = this.#pending.get(message.id)
      this.#pending.delete(message.id)
      if ('answer' in message) pending?.resolve(message.answer)
      else pending?.reject(new CommandFailed(message.failure))
    })
    this.process.once('error', (error) => {
      this.#errorOutput += String(error)
    })
    // 'close' and not 'exit': what it wrote before it died has been read by then.
    this.process.once('close', () => {
      this.#gone = true
      for (const { reject } of this.#pending.values()) reject(this.#goneError())
      this.#pending.clear()
    })
  }

  /** @throws CommandFailed */
  ask<Type extends CommandType>(command: Command & { readonly type: Type }): Promise<Answers[Type]> {
    if (this.#gone) return Promise.reject(this.#goneError())
    const id = this.#nextId++
    return new Promise<Answers[Type]>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject })
      const request: RequestMessage = { id, command }
      // When the message does not arrive, 'close' says why.
      this.process.send(request, () => {})
    })
  }

  #goneError(): CommandFailed {
    const { exitCode, signalCode } = this.process
    const how = signalCode ?? `exit status ${exitCode}`
    const message = `the process of ${this.#name} has ended: ${how}\n${this.#errorOutput}`.trim()
    return new CommandFailed({ code: 'ERR_PROCESS_GONE', message })
  }
}
