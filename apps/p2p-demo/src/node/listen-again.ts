// A node that comes back must have its old port: the others know no other.
import { setTimeout as pause } from 'node:timers/promises'
import { hasCode, RaftError } from '@riverraft/core'

/** The process that held it, or a passing connection, may need a moment to go. */
const PATIENCE_MS = 2_000
const AGAIN_MS = 100

/** @throws RaftError ERR_LISTEN with what to do; whatever else `start` throws */
export async function listenAgain<T>(start: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  while (true) {
    try {
      return await start()
    } catch (error) {
      if (!hasCode(error, 'ERR_LISTEN') || !String(error).includes('EADDRINUSE')) throw error
      if (performance.now() < until) {
        await pause(AGAIN_MS)
        continue
      }
      const { message } = error as RaftError
      throw new RaftError(
        'ERR_LISTEN',
        `${message}. The other members expect this node there. Is it running already? Otherwise stop the program that ` +
          'took the port, then start this node again: what it has stored is safe',
        { cause: error },
      )
    }
  }
}
