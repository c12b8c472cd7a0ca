// Brings sessions and state machine to where a stored snapshot was taken.
import { RaftError } from '../../ports/errors.js'
import type { Scheduler } from '../../ports/scheduler.js'
import type { StateMachine } from '../../ports/state-machine.js'
import type { Storage, StoredSnapshot, StoredState } from '../../ports/storage.js'
import { storageFailure } from '../failures.js'
import type { Session } from '../sessions/session.js'
import { readContent } from './content.js'
import { inSlices } from './in-slices.js'
import { sessionsFrom } from './session-records.js'
import { MeasuredContent, type SnapshotInfo } from './snapshot-store.js'

export interface Restored {
  readonly info: SnapshotInfo
  readonly sessions: readonly Session[]
}

/**
 * Brings a new machine to where the storage's newest snapshot was taken. Undefined: there is none.
 * @throws RaftError ERR_STATE_MACHINE, ERR_STORAGE, ERR_STORAGE_CORRUPT
 */
export async function restoreAtStart(
  storage: Storage,
  stored: StoredState,
  machine: StateMachine<unknown, unknown, unknown>,
  scheduler: Scheduler,
): Promise<Restored | undefined> {
  checkContinuity(stored)
  const snapshot = stored.snapshot === undefined ? undefined : await storage.openSnapshot()
  return snapshot === undefined ? undefined : restoreFrom(snapshot, machine, scheduler)
}

/** @throws RaftError ERR_STATE_MACHINE, ERR_STORAGE, ERR_STORAGE_CORRUPT */
export async function restoreFrom(
  { metadata, content }: StoredSnapshot,
  machine: StateMachine<unknown, unknown, unknown>,
  scheduler: Scheduler,
): Promise<Restored> {
  const measured = new MeasuredContent(content)
  let sessions: readonly Session[] = []
  try {
    await readContent(inSlices(measured, scheduler), async (records, state) => {
      sessions = sessionsFrom(records)
      await machine.restore(state)
    })
  } catch (cause) {
    if (measured.failed) throw storageFailure(cause as Error)
    const message = `the state machine cannot be restored from the snapshot of index ${metadata.index}`
    throw new RaftError('ERR_STATE_MACHINE', message, { cause })
  }
  return { info: { metadata, byteLength: measured.byteLength, checksum: measured.checksum }, sessions }
}

/**
 * What storage returned must be one history without a gap: a state machine behind a log whose beginning is gone could
 * never catch up (dragonboat#156).
 * @throws RaftError ERR_STORAGE_CORRUPT
 */
function checkContinuity({ runs, snapshot }: StoredState): void {
  const { index, term } = snapshot ?? { index: 0, term: 0 }
  const [first, last] = [runs[0], runs.at(-1)]
  if (first === undefined || last === undefined) return
  const where = `the log has entries ${first.firstIndex} to ${last.lastIndex}, the newest snapshot ends at ${index}`
  if (first.firstIndex > index + 1 || last.lastIndex < index)
    throw new RaftError('ERR_STORAGE_CORRUPT', where)
  const there = runs.find((run) => run.firstIndex <= index && index <= run.lastIndex)
  if (there !== undefined && there.term !== term)
    throw new RaftError('ERR_STORAGE_CORRUPT', `${where} with another entry`)
}
