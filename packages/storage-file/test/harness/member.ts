// A real node in a process of its own, and what it tells.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterTest } from './helpers.js'

export interface Failure {
  readonly code: string | undefined
  readonly message: string | undefined
  readonly cause: string | undefined
}

/** What a member told until it ended. */
export interface Told {
  numbers: number[] | undefined
  readonly acknowledged: number[]
  readonly failed: Failure[]
  /** Numbers acknowledged after one had failed. */
  late: number
  stopped: Failure | undefined
  refused: Failure | undefined
}

/** `quota` in bytes, 0 for none. */
export function member(
  directory: string,
  doing: 'write' | 'read',
  quota: number,
): { child: ChildProcess; told: Told } {
  const script = join(import.meta.dirname, '..', 'fixtures', 'member.mjs')
  const child = fork(script, [directory, doing, String(quota)], { execArgv: [] })
  afterTest(async () => child.kill('SIGKILL'))
  const told: Told = {
    numbers: undefined,
    acknowledged: [],
    failed: [],
    late: 0,
    stopped: undefined,
    refused: undefined,
  }
  child.on(
    'message',
    (
      message: Partial<Omit<Told, 'acknowledged' | 'failed'>> &
        Partial<Failure> & { acknowledged?: number; failed?: number },
    ) => {
      const { acknowledged, failed, numbers, stopped, refused, code, message: text, cause } = message
      if (acknowledged !== undefined) {
        told.acknowledged.push(acknowledged)
        if (told.failed.length > 0) told.late++
      }
      if (failed !== undefined) told.failed.push({ code, message: text, cause })
      if (numbers !== undefined) told.numbers = numbers
      if (stopped !== undefined) told.stopped = stopped
      if (refused !== undefined) told.refused = refused
    },
  )
  return { child, told }
}

/**
 * Runs until the member has ended by itself.
 * @throws Error when it did not end well
 */
export async function runMember(directory: string, doing: 'write' | 'read', quota: number): Promise<Told> {
  const { child, told } = member(directory, doing, quota)
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`the member ended with ${code ?? signal}`)
  return told
}
