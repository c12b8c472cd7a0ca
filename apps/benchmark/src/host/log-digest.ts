// The log as the storage holds it, read back and hashed: what replicas must have in common, bit by bit.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BLOCK_HEADER_BYTES, type LogIndex, type Run, reframe, type Storage } from '@riverraft/core'
import type { LogDigest } from '../control/commands.js'
import { readWritten } from './read-log.js'

/** Read and hashed in one go; then the replica gets a turn, or it would miss heartbeats. */
const READ_BYTES = 1024 * 1024

/**
 * Entries `from` .. `through`. The hash does not depend on how they are framed into blocks: replicas that took part in
 * different elections may have framed them differently.
 * @throws Error when the storage does not hold all of them
 */
export async function digestLog(storage: Storage, from: LogIndex, through: LogIndex): Promise<LogDigest> {
  const hash = createHash('sha256')
  const runs: { firstIndex: LogIndex; lastIndex: LogIndex; term: number }[] = []
  let next = from
  while (next <= through) {
    const blocks = await readWritten(storage, next, READ_BYTES)
    for (const block of blocks) {
      if (next > through) break
      if (block.firstIndex > next || block.lastIndex < next) throw new Error(`the log has a gap at ${next}`)
      const lastIndex = Math.min(block.lastIndex, through)
      hash.update(reframe(block, next, lastIndex).bytes.subarray(BLOCK_HEADER_BYTES))
      addRun(runs, { firstIndex: next, lastIndex, term: block.term })
      next = lastIndex + 1
    }
    await nextTurn()
  }
  return { from, through, entries: next - from, runs, sha256: hash.digest('hex') }
}

function addRun(runs: { lastIndex: LogIndex; readonly term: number }[], run: Run): void {
  const last = runs.at(-1)
  if (last?.term === run.term) last.lastIndex = run.lastIndex
  else runs.push({ ...run })
}
