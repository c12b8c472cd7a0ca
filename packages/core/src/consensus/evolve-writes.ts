// What is on its way to the disk, and what that says of the log: the part of `evolve` that concerns writes.
import type { LogTruncated, WriteStarted } from './events.js'
import { truncateConfigurations } from './evolve-membership.js'
import { invariant } from './invariant-violation.js'
import type { State } from './state.js'

export function logTruncated(state: State, event: LogTruncated): void {
  invariant(event.fromIndex > state.commitIndex, 'what is committed is never truncated')
  invariant(state.role.role !== 'leader', 'a leader never truncates its own log (§5.3, Leader Append-Only)')
  state.log.truncateFrom(event.fromIndex)
  truncateConfigurations(state, event.fromIndex)
  const last = event.fromIndex - 1
  state.writes.durableIndex = Math.min(state.writes.durableIndex, last)
  // A write that is still under way carries entries that are gone: its completion must not acknowledge what
  // will stand at their indexes (etcd's append ABA race).
  for (const write of state.writes.inFlight) write.lastIndex = Math.min(write.lastIndex, last)
}

export function writeStarted(state: State, event: WriteStarted): void {
  invariant(event.write === state.writes.started + 1, 'writes are numbered one by one')
  state.writes.started = event.write
  if (event.hardState) state.writes.hardState = event.write
  state.writes.inFlight.push({ write: event.write, lastIndex: event.lastIndex, at: event.at })
}

export function writesPersisted(state: State, write: number): void {
  const { writes } = state
  invariant(write <= writes.started, 'only started writes complete')
  writes.persisted = Math.max(writes.persisted, write)
  while (writes.inFlight.length > 0 && writes.inFlight[0]!.write <= write) {
    writes.durableIndex = Math.max(writes.durableIndex, writes.inFlight.shift()!.lastIndex)
  }
}
