// Forgetting entries that a snapshot replaces, in slices short enough to let writes pass in between.
import type { LogIndex } from '@riverraft/core'
import { COMPACT } from './scripts/compact.js'
import type { Session } from './session.js'

/** Blocks forgotten by one script. */
const SLICE_BLOCKS = 256

export async function compactLog(session: Session, through: LogIndex): Promise<void> {
  for (;;) {
    const more = await session.change('compact', COMPACT, [through, SLICE_BLOCKS])
    if (more === 0) return
  }
}
