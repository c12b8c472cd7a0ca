// One call to one server: what it returns, or that its process died first.
import { hasCode, type RaftNode } from '@riverraft/core'
import type { Cluster } from '../cluster/cluster.js'
import type { Attempted } from '../cluster/recorded-machine.js'
import type { Server } from '../cluster/server.js'

const CERTAINLY_NOT_APPLIED = [
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_OVERLOADED',
  'ERR_STOPPED',
  'ERR_INVALID_COMMAND',
  'ERR_SESSION_EXPIRED',
] as const

export interface Returned {
  readonly outcome: 'ok' | 'rejected' | 'not-applied' | 'unknown'
  /** The error code, when there was one. */
  readonly code: string | undefined
  readonly value: unknown
}

/** Calls `ask` in the server's process; `returned` hears once what came of it. */
export function call<Command, Result, State>(
  { world }: Cluster<Command, Result, State>,
  server: Server<Command, Result, State>,
  what: string,
  ask: (node: RaftNode<Attempted<Command>, Result, State>) => Promise<unknown>,
  returned: (returned: Returned) => void,
): void {
  const process = server.process!
  const node = server.node!
  let open = true
  const settle = (outcome: Returned['outcome'], code: string | undefined, value: unknown): void => {
    if (!open) return
    open = false
    server.onDown.delete(died)
    world.coverage.hit(`${what}: ${code ?? outcome}`)
    returned({ outcome, code, value })
  }
  // The client's connection ends with the process: nobody will ever tell it.
  const died = (): void => settle('unknown', 'process died', undefined)
  server.onDown.add(died)
  const failed = (error: unknown): void => {
    process.openPromises--
    const code = (error as { code?: string }).code
    if (hasCode(error, 'ERR_COMMAND_REJECTED')) return settle('rejected', code, undefined)
    if (hasCode(error, 'ERR_OUTCOME_UNKNOWN')) return settle('unknown', code, undefined)
    if (CERTAINLY_NOT_APPLIED.some((known) => hasCode(error, known)))
      return settle('not-applied', code, undefined)
    world.fail('clients-get-known-errors', `${what}: ${String(error)}`)
  }
  process.run(() => {
    process.openPromises++
    ask(node).then((value) => {
      process.openPromises--
      settle('ok', undefined, value)
    }, failed)
    world.touchPromises()
  })
}
