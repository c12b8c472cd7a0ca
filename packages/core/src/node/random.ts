// Numbers that nobody can predict, from the scheduler's bytes.
import type { Scheduler } from '../ports/scheduler.js'

/** Below 2^(8 * bytes), at most 6 bytes. */
export function randomNumber(scheduler: Pick<Scheduler, 'randomBytes'>, bytes: number): number {
  return scheduler.randomBytes(bytes).reduce((number, byte) => number * 256 + byte, 0)
}
