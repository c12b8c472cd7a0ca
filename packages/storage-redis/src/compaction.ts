// Forgetting entries that a snapshot replaces, in slices short enough to let writes pass in between.
import type { LogIndex } from '@riverraft/core'
import { COMPACT } from './scripts/compact.js'
import type { Session } from './session.js'

/** Blocks forgotten by one script. */
const SLICE_BLOCKS = 256

type CompactAnswer = [more: number, first: Buffer, last: Buffer]

export async function compactLog(session: Session, through: LogIndex): Promise<void> {
  for (;;) {
    const answer = (await session.change('compact', COMPACT, [through, SLICE_BLOCKS])) as CompactAnswer
    // It changes when the log was of another history than the snapshot.
    session.lastIndex = Number(answer[2])
    if (answer[0] === 0) return
  }
}
