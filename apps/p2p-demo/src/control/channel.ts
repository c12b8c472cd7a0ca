// The launcher's line to a node it started: requests down, replies and reports up, as messages of child_process.fork.
import type { Answer, Command } from './commands.js'
import type { Failure, Report } from './events.js'

export interface RequestMessage {
  readonly kind: 'request'
  readonly id: number
  readonly command: Command
  readonly timeoutMs: number
}

export type NodeMessage =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'reply'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }

/** The node's end. */
export interface ControlChannel {
  report(report: Report): void
}

/**
 * Serves the launcher, if this process has one; undefined when a person started it. When the launcher goes, however it
 * went, `onGone` is called: a node without it must not live on.
 */
export function openControlChannel(options: {
  execute(command: Command, timeoutMs: number): Promise<Answer>
  describe(error: unknown): Failure
  onGone(): void
}): ControlChannel | undefined {
  if (process.send === undefined) return undefined
  const send = (message: NodeMessage) => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', ({ id, command, timeoutMs }: RequestMessage) => {
    options.execute(command, timeoutMs).then(
      (answer) => send({ kind: 'reply', id, answer }),
      (error: unknown) => send({ kind: 'failed', id, failure: options.describe(error) }),
    )
  })
  process.on('disconnect', options.onGone)
  // It may have gone while this process was loading its code.
  if (!process.connected) options.onGone()
  return { report: (report) => send({ kind: 'report', report }) }
}
