// The launcher's line to a process it started: requests down, replies up, as messages of child_process.fork.
import type { Answers, Command, CommandType } from './commands.js'

export interface RequestMessage {
  readonly id: number
  readonly command: Command
}

export interface Failure {
  readonly code: string
  readonly message: string
}

export type ReplyMessage =
  | { readonly id: number; readonly answer: Answers[CommandType] }
  | { readonly id: number; readonly failure: Failure }

/**
 * Serves the launcher. When it goes, however it went, this process must not live on: `onGone`.
 * @throws Error when nobody has started this process with a channel
 */
export function serve(
  execute: (command: Command) => Promise<Answers[CommandType]>,
  onGone: () => void,
): void {
  if (process.send === undefined) throw new Error('this program is started by riverraft-bench')
  const send = (message: ReplyMessage): void => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', ({ id, command }: RequestMessage) => {
    execute(command).then(
      (answer) => send({ id, answer }),
      (error: unknown) => send({ id, failure: failureOf(error) }),
    )
  })
  process.on('disconnect', onGone)
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'ERR_UNKNOWN', message: String(error) }
  return { code: String((error as { code?: unknown }).code ?? error.name), message: error.message }
}
