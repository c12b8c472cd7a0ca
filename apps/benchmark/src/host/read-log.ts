// Reads a log that is still being written.
import { setTimeout as pause } from 'node:timers/promises'
import type { EntryBlock, LogIndex, Storage } from '@riverraft/core'

const LOOK_EVERY_MS = 5
const WRITTEN_WITHIN_MS = 10_000

/**
 * Blocks from the one that holds `from` on. An entry may be committed and applied here before this replica's own write
 * of it is complete, because a majority of others is enough: then it is waited for.
 * @throws Error when the storage does not come to hold it
 */
export async function readWritten(
  storage: Storage,
  from: LogIndex,
  bytesMax: number,
): Promise<readonly EntryBlock[]> {
  const until = performance.now() + WRITTEN_WITHIN_MS
  for (;;) {
    const blocks = await storage.read(from, bytesMax)
    const last = blocks.at(-1)
    if (last !== undefined && last.lastIndex >= from) return blocks
    if (performance.now() > until) throw new Error(`the log has no entry ${from}`)
    await pause(LOOK_EVERY_MS)
  }
}
