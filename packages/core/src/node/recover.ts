// What a node begins with: everything that its storage held, read before anybody is heard.
import type { Recover } from '../consensus/inputs.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StateMachine } from '../ports/state-machine.js'
import type { SnapshotMetadata, Storage, StoredState } from '../ports/storage.js'
import { findMemberships, type MembershipBlock, withConfigurations } from './membership/recover.js'
import { type Restored, restoreAtStart } from './snapshots/restore.js'
import { pointOf } from './snapshots/snapshots.js'

export type Machine = StateMachine<unknown, unknown, unknown>

export interface Recovered {
  readonly stored: StoredState
  /** Of the newest snapshot; without one the empty prefix, with the initial members. */
  readonly metadata: SnapshotMetadata
  /** It has the state of that snapshot. */
  readonly machine: Machine
  readonly restored: Restored | undefined
  readonly memberships: readonly MembershipBlock[]
  /** The first input of consensus. */
  readonly input: Recover
}

/** @throws RaftError ERR_STATE_MACHINE, ERR_STORAGE, ERR_STORAGE_CORRUPT */
export async function recover(
  storage: Storage,
  stored: StoredState,
  machine: Machine,
  scheduler: Scheduler,
): Promise<Recovered> {
  const restored = await restoreAtStart(storage, stored, machine, scheduler)
  const memberships = await findMemberships(storage, stored)
  const { hardState, snapshot } = stored
  const metadata = snapshot ?? { index: 0, term: 0, members: stored.members, timestamp: 0 }
  const runs = withConfigurations(stored.runs, memberships)
  const input = { type: 'Recover' as const, now: 0, hardState, runs, snapshot: pointOf(metadata) }
  return { stored, metadata, machine, restored, memberships, input }
}
