// Lets sockets and timers have their turn while something long is made or read.
import type { Scheduler } from '../../ports/scheduler.js'

const SLICE_MS_MAX = 5

/** The same pieces; after each slice of time the next one waits for a turn. */
export async function* inSlices(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  scheduler: Scheduler,
): AsyncGenerator<Uint8Array, void, undefined> {
  let until = scheduler.now() + SLICE_MS_MAX
  for await (const piece of pieces) {
    yield piece
    if (scheduler.now() < until) continue
    await new Promise<void>((resolve) => scheduler.nextTurn(resolve))
    until = scheduler.now() + SLICE_MS_MAX
  }
}
